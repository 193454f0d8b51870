<#
.SYNOPSIS
  What Wine cannot show, on real Windows: single sign-on, Kerberos, session keys, channel bindings.
.DESCRIPTION
  Prints a line "pass" or "fail" for each row, "not run" for what it was not given, and closes with "N passed, M failed".
  Needs Rust (https://rustup.rs) for the tests; nothing else is installed, and nothing is changed.
.PARAMETER Proxy
  A proxy that wants a login of the domain, such as http://proxy.corp.example:8080.
.PARAMETER Url
  What is fetched through the proxy.
.PARAMETER BoundUrl
  An https URL of IIS (http.sys) with Windows Authentication and Extended Protection "Required".
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File ci\windows\real.ps1 -Proxy http://proxy.corp.example:8080
#>
param(
  [string]$Proxy = '',
  [string]$Url = 'http://example.com/',
  [string]$BoundUrl = ''
)
$ErrorActionPreference = 'Continue'
Set-Location (Join-Path $PSScriptRoot '..\..')
$script:passed = 0
$script:failed = 0

function Row([string]$name, [bool]$good, [string]$detail = '') {
  if ($good) { $script:passed++; Write-Output "pass  $name" }
  else { $script:failed++; Write-Output "fail  $name  $detail" }
}

function NotRun([string]$name, [string]$why) { Write-Output "not run  ${name}: $why" }

# The code and the last lines of a program.
function Run([string]$program, [string[]]$arguments) {
  $output = & $program @arguments 2>&1 | ForEach-Object { "$_" }
  [pscustomobject]@{ Code = $LASTEXITCODE; Text = ($output -join "`n"); Last = (($output | Select-Object -Last 3) -join ' | ') }
}

Write-Output ("Windows {0}, {1}\{2}" -f [Environment]::OSVersion.Version, $env:USERDOMAIN, $env:USERNAME)

# Session keys, attributes, sizes and lifespan against the engine; the contract with secur32 as the client. Without Wine around
# them these tests demand what Windows has and Wine has not.
Remove-Item Env:GATEPASS_WINE -ErrorAction SilentlyContinue
$run = Run 'cargo' @('test', '-q', '-p', 'gatepass-sspi', '--lib', '--test', 'secur32')
Row 'tests of gatepass-sspi against the engine' ($run.Code -eq 0) $run.Last
$run = Run 'cargo' @('run', '-q', '-p', 'gatepass-sspi', '--example', 'packages')
foreach ($package in 'NTLM', 'Negotiate', 'Kerberos') {
  Row "this machine has the package $package" ($run.Text -match "(?m)^$package \(") $run.Last
}
# Both sides are Windows' own here, so both have the login of the current user, a name, and one session key.
foreach ($package in 'NTLM', 'Negotiate') {
  $run = Run 'cargo' @('run', '-q', '-p', 'gatepass-sspi', '--example', 'current_user', '--', $package)
  Row "$package logs the current user in at this machine" ($run.Code -eq 0) $run.Last
}

$build = Run 'cargo' @('build', '-q', '-p', 'gatepass-cli')
Row 'gatepass.exe is built' ($build.Code -eq 0) $build.Last
$gatepass = if ($env:CARGO_TARGET_DIR) { Join-Path $env:CARGO_TARGET_DIR 'debug\gatepass.exe' } else { 'target\debug\gatepass.exe' }

$run = Run $gatepass @('whoami', 'http://proxy.invalid:8080')
Row 'whoami names the user of Windows' ($run.Code -eq 0 -and $run.Text -match 'by Negotiate: as the user who is logged in to Windows') $run.Last

if ($Proxy) {
  $run = Run $gatepass @('fetch', '-s', '-o', 'NUL', '-w', '%{http_code}', '-x', $Proxy, $Url)
  Row "single sign-on through $Proxy, no name and no password" ($run.Code -eq 0 -and $run.Text -match '^200') $run.Last
  $run = Run $gatepass @('fetch', '-s', '-o', 'NUL', '-w', '%{http_code}', '--proxy-ntlm', '-x', $Proxy, $Url)
  Row "the same by NTLM alone" ($run.Code -eq 0 -and $run.Text -match '^200') $run.Last
} else { NotRun 'single sign-on through a proxy' 'give -Proxy' }

if ($BoundUrl) {
  $run = Run $gatepass @('fetch', '-s', '-o', 'NUL', '-w', '%{http_code}', '--negotiate', '-u', ':', $BoundUrl)
  Row "channel bindings at $BoundUrl (Extended Protection)" ($run.Code -eq 0 -and $run.Text -match '^200') $run.Last
} else { NotRun 'channel bindings at http.sys' 'give -BoundUrl' }

$run = Run $gatepass @('decode', '--file', '\\no-such-host.invalid\share\file')
Row 'A39: a path to another machine is not opened' ($run.Code -eq 26 -and $run.Text -match 'another machine') $run.Last

Write-Output "$script:passed passed, $script:failed failed"
exit [int]($script:failed -gt 0)
