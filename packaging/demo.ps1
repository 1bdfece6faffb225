# Sets everything up and opens the console on the virtual city.
#
#   powershell -ExecutionPolicy Bypass -File packaging\demo.ps1                    the console, with the virtual city
#   powershell -ExecutionPolicy Bypass -File packaging\demo.ps1 --shot FILE.png    renders the live wall, and ends
#   powershell -ExecutionPolicy Bypass -File packaging\demo.ps1 --setup-only       sets up and opens nothing
#
# Everything else goes to `watchfloor demo`.
. (Join-Path $PSScriptRoot 'setup.ps1')

$setupOnly = $args -contains '--setup-only'
$rest = @($args | Where-Object { $_ -ne '--setup-only' })
if ($rest | Where-Object { $_ -eq '--shot' -or "$_".StartsWith('--shot=') }) { $env:QT_QPA_PLATFORM = 'offscreen' }

Initialize-Watchfloor 'demo' (Join-Path $Root 'packaging\requirements.txt')
if ($setupOnly) {
    Write-Host 'Ready: .venv\Scripts\watchfloor.exe'
    exit 0
}
& "$Venv\Scripts\watchfloor.exe" demo @rest
exit $LASTEXITCODE
