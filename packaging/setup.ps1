# What demo.ps1 and test.ps1 share: an interpreter that really starts, and the environment .venv. Dot-sourced.
# For Windows PowerShell 5.1 and newer. All that it makes lies in .venv, except a Python fetched by winget.
#
# Safe to interrupt and to repeat: a lock keeps two runs apart, a mark in .venv says "half-made" while pip writes, and a
# stamp written last says what the environment was made from. Qt's wheels bring all that they need on Windows.

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Root = Split-Path -Parent $PSScriptRoot
$Venv = Join-Path $Root '.venv'
$Log = Join-Path $Venv 'setup.log'
$Tools = Join-Path $Venv 'tools'
$ToolPins = Join-Path $Root 'packaging\requirements-tools.txt'
$Versions = @('3.12', '3.13', '3.14')  # the first found is taken; the pinned wheels fit all of them
$env:PIP_DISABLE_PIP_VERSION_CHECK = '1'
$env:PIP_NO_INPUT = '1'
$env:PYTHONNOUSERSITE = '1'
$env:PYTHONUTF8 = '1'
foreach ($name in 'PYTHONHOME', 'PYTHONPATH', 'PIP_REQUIRE_VIRTUALENV', 'PIP_USER', 'PIP_TARGET', 'PIP_PREFIX') {
    if (Test-Path "env:$name") { Remove-Item "env:$name" }
}

function Stop-Setup([string]$Sentence, [string]$Next) {
    [Console]::Error.WriteLine("watchfloor set-up: $Sentence")
    if ($Next) { [Console]::Error.WriteLine("  $Next") }
    exit 1
}

function Stop-WithLog([string]$Sentence, [string]$Next) {
    [Console]::Error.WriteLine("--- the end of $Log")
    Get-Content -LiteralPath $Log -Tail 25 | ForEach-Object { [Console]::Error.WriteLine($_) }
    Stop-Setup $Sentence $Next
}

# --- progress ---------------------------------------------------------------------------------------------------------

function Format-Argument([string]$Argument) {
    if ($Argument -match '[\s"]' -or $Argument -eq '') { return '"' + ($Argument -replace '"', '\"') + '"' }
    return $Argument
}

# Runs a program with its output in the log, one moving line meanwhile; true if it ended well.
function Invoke-Step([string]$Label, [string]$Program, [string[]]$Arguments) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $out = [IO.Path]::GetTempFileName()
    $err = [IO.Path]::GetTempFileName()
    $line = ($Arguments | ForEach-Object { Format-Argument $_ }) -join ' '
    $process = Start-Process -FilePath $Program -ArgumentList $line -NoNewWindow -PassThru `
        -RedirectStandardOutput $out -RedirectStandardError $err
    $null = $process.Handle  # without this the exit code is lost
    try {
        while (-not $process.WaitForExit(500)) {
            $seconds = [int]$clock.Elapsed.TotalSeconds
            Write-Progress -Activity $Label -Status "$seconds s"
            if ($seconds % 10 -eq 0 -and $seconds -gt 0) { [Console]::Write('.') }
        }
        $process.WaitForExit()
    } finally {
        if (-not $process.HasExited) { Stop-Process -Id $process.Id -Force -ErrorAction SilentlyContinue }
        Write-Progress -Activity $Label -Completed
        Add-Content -LiteralPath $Log -Value "== $Label"
        Get-Content -LiteralPath $out, $err | Add-Content -LiteralPath $Log
        Remove-Item -LiteralPath $out, $err -ErrorAction SilentlyContinue
    }
    $well = $process.ExitCode -eq 0
    $verdict = if ($well) { 'done' } else { 'failed' }
    Write-Host ("  {0}: {1} ({2:0} s)" -f $Label, $verdict, $clock.Elapsed.TotalSeconds)
    return $well
}

# --- an interpreter that starts ---------------------------------------------------------------------------------------

# What a program prints on its first line; $null if it does not start, or fails (the Store's stand-in for Python does).
function Get-Answer([string]$Program, [string[]]$Arguments) {
    $ErrorActionPreference = 'Continue'  # 5.1 takes a line on stderr for an error otherwise
    try { $answer = & $Program @Arguments 2>$null } catch { return $null }
    if ($LASTEXITCODE -ne 0) { return $null }
    return ($answer | Select-Object -First 1)
}

function Test-Starts([string]$Python, [int]$Lowest) {
    $question = "import sys; print((3, $Lowest) <= sys.version_info < (3, 15) and sys.implementation.name == 'cpython')"
    return (Get-Answer $Python @('-c', $question)) -eq 'True'
}

function Get-Pythons {
    $found = @()
    foreach ($version in $Versions) {
        if (Get-Command py -CommandType Application -ErrorAction SilentlyContinue) {
            $found += Get-Answer 'py' @("-$version", '-c', 'import sys; print(sys.executable)')
        }
        $folder = 'Python' + $version.Replace('.', '')
        foreach ($base in "$env:LOCALAPPDATA\Programs\Python", $env:ProgramFiles, "$env:SystemDrive") {
            $found += "$base\$folder\python.exe"
        }
    }
    foreach ($name in 'python', 'python3') {
        $found += Get-Command $name -CommandType Application -All -ErrorAction SilentlyContinue |
            ForEach-Object { $_.Path }
    }
    return $found | Where-Object { $_ -and (Test-Path -LiteralPath $_) } | Select-Object -Unique
}

function Find-Uv {
    $candidates = @()
    $candidates += Get-Command uv -CommandType Application -All -ErrorAction SilentlyContinue |
        ForEach-Object { $_.Path }
    $candidates += "$env:USERPROFILE\.local\bin\uv.exe", "$Tools\bin\uv.exe", "$Tools\Scripts\uv.exe"
    foreach ($uv in $candidates) {
        if ($uv -and (Test-Path -LiteralPath $uv) -and (Get-Answer $uv @('--version'))) { return $uv }
    }
    return $null
}

# uv keeps the interpreters that it fetches inside .venv, like all else.
function Find-UvPython([string]$Uv) {
    $python = Get-Answer $Uv @('--no-cache', 'python', 'find', '--no-project', '>=3.12,<3.15')
    if ($python -and (Test-Starts $python 12)) { return $python }
    return $null
}

function Find-Python {
    foreach ($python in Get-Pythons) { if (Test-Starts $python 12) { return $python } }
    $env:UV_PYTHON_INSTALL_DIR = Join-Path $Venv 'python'
    $uv = Find-Uv
    if (-not $uv) {
        foreach ($python in Get-Pythons) {
            if (-not (Test-Starts $python 8)) { continue }
            $pip = @('-m', 'pip', 'install', '--target', $Tools, '--upgrade', '--require-hashes',
                '--only-binary', ':all:', '-r', $ToolPins)
            if (Invoke-Step 'Fetching uv' $python $pip) { $uv = Find-Uv }
            if ($uv) { break }
        }
    }
    if ($uv) {
        $python = Find-UvPython $uv
        if ($python) { return $python }
        if (Invoke-Step 'Fetching Python 3.12' $uv @('--no-cache', 'python', 'install', '--no-bin', '3.12')) {
            $python = Find-UvPython $uv
            if ($python) { return $python }
        }
    }
    if (Get-Command winget -CommandType Application -ErrorAction SilentlyContinue) {
        $winget = @('install', '--exact', '--id', 'Python.Python.3.12', '--scope', 'user', '--silent',
            '--accept-package-agreements', '--accept-source-agreements', '--disable-interactivity')
        $null = Invoke-Step 'Fetching Python 3.12 with winget' 'winget' $winget
        foreach ($python in Get-Pythons) { if (Test-Starts $python 12) { return $python } }
    }
    Stop-Setup 'no Python from 3.12 to 3.14 starts here, and none could be fetched.' `
        'Install Python 3.12 (64 bit) from python.org or the Microsoft Store, then run this again.'
}

# --- the environment --------------------------------------------------------------------------------------------------

# Changes with what the environment is made from, and where it stands (its scripts hold full paths).
function Get-Fingerprint([string]$Requirements) {
    $hashes = foreach ($file in $Requirements, "$Root\pyproject.toml", "$Root\packaging\setup.ps1") {
        (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash
    }
    return "$Root " + ($hashes -join ' ')
}

function Get-Line([string]$File) {
    if (Test-Path -LiteralPath $File) { return (Get-Content -LiteralPath $File -TotalCount 1) }
    return ''
}

function Test-Stamped([string]$Environment, [string]$Name, [string]$Fingerprint) {
    return (Test-Path -LiteralPath "$Environment\Scripts\watchfloor.exe") -and
        -not (Test-Path -LiteralPath "$Environment\half-made") -and
        (Get-Line "$Environment\$Name.stamp") -eq $Fingerprint
}

# Runs a block while holding the lock of this checkout; the system gives it back when the process ends, however it ends.
function Use-Lock([scriptblock]$Block) {
    $null = New-Item -ItemType Directory -Force -Path $Venv
    $lock = $null
    $said = $false
    while (-not $lock) {
        try {
            $lock = [IO.File]::Open((Join-Path $Venv 'lock'), 'OpenOrCreate', 'ReadWrite', 'None')
        } catch [IO.IOException] {
            if (-not $said) { Write-Host 'Another set-up works in this checkout; waiting for it.' }
            $said = $true
            Start-Sleep -Seconds 1
        }
    }
    try { & $Block } finally { $lock.Close() }
}

function Clear-Environment([string]$Environment) {
    foreach ($part in 'Scripts', 'Lib', 'Include', 'share', 'etc', 'pyvenv.cfg', 'half-made', '*.stamp') {
        if (Test-Path "$Environment\$part") { Remove-Item "$Environment\$part" -Recurse -Force }
    }
}

# Makes or mends an environment so that it holds the pinned packages and the project; Base makes it, if given.
function Build-Environment {
    param([string]$Environment, [string]$Name, [string]$Requirements, [string[]]$PipOptions, [string]$Base)
    $print = Get-Fingerprint $Requirements
    if (Test-Stamped $Environment $Name $print) { return }
    $python = "$Environment\Scripts\python.exe"
    $moved = (Test-Path -LiteralPath "$Environment\root") -and (Get-Line "$Environment\root") -ne $Root
    if (Test-Path -LiteralPath "$Environment\Scripts") {
        $works = -not (Test-Path -LiteralPath "$Environment\half-made") -and (Test-Starts $python 12) -and
            (Get-Answer $python @('-m', 'pip', '--version'))
        if ($moved -or -not $works) {
            Write-Host 'The environment is half-made or from elsewhere; making it anew.'
            Clear-Environment $Environment
        }
    }
    if (Test-Path -LiteralPath "$Environment\$Name.stamp") { Remove-Item -LiteralPath "$Environment\$Name.stamp" }
    $null = New-Item -ItemType Directory -Force -Path $Environment
    if (-not (Test-Path -LiteralPath $python)) {
        if (-not $Base) { $Base = Find-Python }
        Write-Host "  using $(Get-Answer $Base @('--version')) at $Base"
        Set-Content -LiteralPath "$Environment\half-made" -Value ''
        if (-not (Invoke-Step "Making the environment" $Base @('-m', 'venv', $Environment))) {
            Stop-WithLog "no environment could be made with $Base" `
                'Install Python 3.12 from python.org, then run this again.'
        }
        Set-Content -LiteralPath "$Environment\root" -Value $Root -Encoding UTF8
    }
    Set-Content -LiteralPath "$Environment\half-made" -Value ''
    $pip = @('-m', 'pip', 'install', '--progress-bar', 'off', '--require-hashes', '--only-binary', ':all:')
    if (-not (Invoke-Step 'Installing the pinned packages' $python ($pip + $PipOptions + @('-r', $Requirements)))) {
        Stop-WithLog "pip could not install $Requirements" `
            'Check the network (or pip settings; a very long folder name also does this), then run this again.'
    }
    Remove-Item -LiteralPath "$Environment\half-made"
    $self = @('-m', 'pip', 'install', '--no-deps', '--no-build-isolation', '--no-index', '-e', $Root)
    if (-not (Invoke-Step 'Installing Watchfloor itself' $python $self)) {
        Stop-WithLog "the project could not be installed into $Environment" "See $Log; is Watchfloor still running?"
    }
    Set-Content -LiteralPath "$Environment\$Name.stamp" -Value $print -Encoding UTF8
}

# The whole; Name names the stamp.
function Initialize-Watchfloor([string]$Name, [string]$Requirements) {
    if (Test-Stamped $Venv $Name (Get-Fingerprint $Requirements)) { return }
    Use-Lock {
        Set-Content -LiteralPath $Log -Value ''
        Write-Host "Setting up Watchfloor in $Root (details: .venv\setup.log)"
        Build-Environment $Venv $Name $Requirements @() ''
    }
}
