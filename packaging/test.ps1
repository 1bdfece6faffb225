# Sets everything up, with the test tools, and runs every check. Arguments go to the main pytest run.
# All checks run even if one fails; the end says which did. The exit status is 0 only if all passed.
. (Join-Path $PSScriptRoot 'setup.ps1')

$setupOnly = $args -contains '--setup-only'
$rest = @($args | Where-Object { $_ -ne '--setup-only' })
$pins = Join-Path $Root 'packaging\requirements-test.txt'
Initialize-Watchfloor 'test' $pins

# A second environment, without Qt, proves that drivers and model need none.
$noQt = Join-Path $Venv 'noqt'
$noQtPins = Join-Path $noQt 'requirements.txt'
$null = New-Item -ItemType Directory -Force -Path $noQt
$drop = $false
$kept = foreach ($line in Get-Content -LiteralPath $pins) {
    if ($line -match '^[a-z]') { $drop = $line -match '^(pyside6|shiboken6|pytest-qt)' }
    if (-not $drop) { $line }
}
Set-Content -LiteralPath $noQtPins -Value $kept -Encoding ASCII
if (-not (Test-Stamped $noQt 'noqt' (Get-Fingerprint $noQtPins))) {
    Use-Lock { Build-Environment $noQt 'noqt' $noQtPins @('--no-deps') "$Venv\Scripts\python.exe" }
}
if ($setupOnly) {
    Write-Host 'Ready: .venv\Scripts\watchfloor.exe, with the test tools'
    exit 0
}

# Drivers and model are tested once, in the environment without Qt.
$apart = @()
if ($rest.Count -eq 0) { $apart = @('--ignore=tests/unit/drivers', '--ignore=tests/unit/console/model') }
$results = @()
$failed = 0
$python = "$Venv\Scripts\python.exe"
$checks = @(
    @('ruff check', $python, @('-m', 'ruff', 'check', '.')),
    @('ruff format', $python, @('-m', 'ruff', 'format', '--check', '.')),
    @('mypy', $python, @('-m', 'mypy')),
    @('import contracts', "$Venv\Scripts\lint-imports.exe", @()),
    @('tests', $python, (@('-m', 'pytest') + $rest + $apart)),
    @('tests without Qt', "$noQt\Scripts\python.exe", @('-m', 'pytest', '-p', 'no:cacheprovider', 'tests/unit/drivers',
            'tests/unit/console/model', 'tests/unit/test_without_qt.py'))
)
Push-Location -LiteralPath $Root
try {
    $ErrorActionPreference = 'Continue'  # 5.1 takes a line on stderr for an error otherwise
    foreach ($check in $checks) {
        $name, $program, $arguments = $check
        Write-Host "`n=== $name"
        $clock = [Diagnostics.Stopwatch]::StartNew()
        & $program @arguments
        $verdict = 'passed'
        if ($LASTEXITCODE -ne 0) {
            $verdict = 'FAILED'
            $failed++
        }
        $results += '{0,-7} {1,4:0} s  {2}' -f $verdict, $clock.Elapsed.TotalSeconds, $name
    }
} finally {
    Pop-Location
}

Write-Host "`n=== summary"
$results | ForEach-Object { Write-Host $_ }
if ($failed -gt 0) {
    Write-Host "$failed of $($results.Count) checks failed"
    exit 1
}
Write-Host "all $($results.Count) checks passed"
exit 0
