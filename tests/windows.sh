#!/bin/bash
# tests/windows.sh - the Windows build: every crate for x86_64-pc-windows-gnu, its tests under Wine, and gatepass.exe through
# Squid with Windows' own NTLM, which under Wine is Samba's. Closes with "N passed, M failed"; a test counts as one.
#
# Brings the domain of ci/realworld up, in a network namespace of its own where that may be had, and takes it down. Root;
# Debian's packages are installed by ci/windows/setup.sh and ci/realworld/up.sh.
#   RW_STATE=DIR     use servers that up.sh brought up in DIR, and leave them running
#   WINEPREFIX=DIR   the Wine prefix to start from (a copy is used)
#   CARGO_TARGET_DIR where target/windows is
set -u
export LC_ALL=C.UTF-8 CARGO_TERM_COLOR=never
ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$ROOT" || exit 1
eval "$(ci/windows/setup.sh env)"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
EXE=$CARGO_TARGET_DIR/windows/x86_64-pc-windows-gnu/debug/gatepass.exe
CRATES='-p gatepass-wire -p gatepass-backend -p gatepass-engine -p gatepass-spnego -p gatepass-http -p gatepass-sspi -p gatepass
  -p gatepass-inspect -p gatepass-credentials -p gatepass-client -p gatepass-mock-proxy -p gatepass-cli'

if [ -z "${RW_STATE:-}" ]; then
  ci/windows/setup.sh || exit 1
  # What is built needs the network only for the registry, so it is built before the namespace.
  # shellcheck disable=SC2086  # a list of words
  cargo_windows test -q --no-run --all-features $CRATES --lib --bins --tests || exit 1
  state=$(mktemp -d /tmp/gatepass-rw.XXXX) && chmod 755 "$state" || exit 1
  trap '"$ROOT/ci/realworld/down.sh" "$state" --purge' EXIT
  unshare --net true 2>/dev/null && netns=(--netns "${state##*/}") || netns=()
  "$ROOT/ci/realworld/up.sh" "$state" "${netns[@]}" || exit 1
  RW_STATE=$state "$0"
  exit $?
fi
if [ -e "$RW_STATE/netns" ] && [ -z "${REALWORLD_IN_NETNS:-}" ]; then
  exec env REALWORLD_IN_NETNS=1 ip netns exec "$(cat "$RW_STATE/netns")" "$0"
fi
. "$RW_STATE/env.sh"

P=0 F=0
TMP=$(mktemp -d /tmp/gatepass-wine.XXXX)
# Wine's server makes the sockets, in the network where it was started: so a prefix, and a server, of this run's own.
cp -a "$WINEPREFIX" "$TMP/prefix"
export WINEPREFIX=$TMP/prefix
trap '/usr/lib/wine/wineserver64 -k; rm -rf "$TMP"' EXIT

section() { echo "== $*"; }
pass() { P=$((P + 1)); }
fail() { F=$((F + 1)); echo "FAILED: $*"; }
# t EXPECTED NAME COMMAND...: the command's output, blanks at its end aside, is EXPECTED.
t() {
  local expected=$1 name=$2 got; shift 2
  got=$("$@" 2>"$TMP/stderr"); got=${got%%[$'\r\n']*}
  if [ "$got" = "$expected" ]; then pass; else fail "$name: expected '$expected', got '$got'"; sed 's/^/    /' "$TMP/stderr"; fi
}
wine() { "$ROOT/ci/windows/wine.sh" "$@"; }
code() { wine "$EXE" fetch -s -o "$TMP/body" -w '%{http_code}/%{http_connect}' --max-time 30 "$@"; }

section 'every crate and every test compiles'
if cargo_windows check -q --workspace --all-targets; then pass; else fail 'cargo check'; fi
section "clippy on what no other system sees"
if cargo_windows clippy -q -p gatepass-sspi -p gatepass-client -p gatepass-cli -p gatepass --all-targets -- -D warnings; then pass; else fail 'cargo clippy'; fi

section 'unit, integration and contract tests'
# name: why it does not run under Wine
skipped=(
  'f23_a_reset_is_passed_on_as_a_reset: a reset arrives as an orderly end'
  'f23_a_fin_or_reset_in_a_tunnel_comes_after_all_bytes_before_it: a reset arrives as an orderly end'
  'each_fault_of_a_tunnel_is_heard: a reset arrives as an orderly end'
  'each_fault_of_a_response_is_heard_and_the_same_in_each_leg: a reset arrives as an orderly end'
  'gatepass_fetch_passes_every_case_of_the_battery: the AUTHENTICATE of Samba'\''s client has no MIC'
  'a32_wrong_order_does_not_compile: there is no compiler'
  'two_hundred_proxies_in_one_process_know_their_own_account_alone: one server carries all of Wine'\''s sockets, for minutes'
  'two_thousand_handshakes_at_once_end_without_an_error: likewise'
  'a96_f32_a_flood_of_connections_that_say_nothing_is_served_up_to_the_limit_and_then_over: likewise'
  'each_fault_in_each_leg_is_survived_or_one_error_and_no_second_attempt: more than a hundred proxies at once, in bounded time'
  'every_prefix_and_every_changed_byte: a long computation, which is the same everywhere'
  'no_prefix_and_no_changed_byte: a long computation, which is the same everywhere'
)
skips=()
for skip in "${skipped[@]}"; do
  echo "NOT RUN under Wine: $skip"
  skips+=(--skip "${skip%%:*}")
done
# Most of the tests of the command wait for something: more of them at a time than there are processors.
# shellcheck disable=SC2086  # a list of words
RUST_TEST_THREADS=8 cargo_windows test --no-fail-fast --all-features $CRATES --lib --bins --tests -- "${skips[@]}" >"$TMP/tests" 2>&1
tests=$?
while read -r passed failed; do P=$((P + passed)) F=$((F + failed)); done \
  < <(sed -n 's/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed;.*/\1 \2/p' "$TMP/tests")
ran=$(grep -c '^test result:' "$TMP/tests")
echo "$ran test programs"
if [ $tests != 0 ]; then
  grep -A12 -E '^error|^---- |panicked at' "$TMP/tests" | cut -c1-300
  # A program that does not build or ends early has no count.
  [ $F != 0 ] || fail 'cargo test'
fi

section "gatepass.exe through Squid, with Windows' NTLM"
W=$RW_WEB/ WS=$(sed 's/localhost/127.0.0.1/' <<<"$RW_WEBS")/
for account in alice:'Passw0rd!' bob:'Bob-Passw0rd!' jürgen:'pässwörd€' Ωmega:'пароль😀' 'with space:Passw0rd!'; do
  t 200/000 "GET as ${account%%:*}" code -x "$RW_NTLM" -U "CORP\\$account" "$W"
  t 200/200 "CONNECT as ${account%%:*}" code -x "$RW_NTLM" -U "CORP\\$account" -k "$WS"
done
t 407/000 'GET with a wrong password' code -x "$RW_NTLM" -U 'CORP\bob:nope' "$W"
t 000/407 'CONNECT with a wrong password' code -x "$RW_NTLM" -U 'CORP\bob:nope' -k "$WS"
t 200/000 'GET, first 407 closes' code -x "$RW_KAOFF" -U 'CORP\alice:Passw0rd!' "$W"
t 200/000 'GET by Negotiate' code -x "$RW_NEGO" -U 'CORP\alice:Passw0rd!' "$W"
t 200/200 'CONNECT by Negotiate' code -x "$RW_NEGO" -U 'CORP\alice:Passw0rd!' -k "$WS"
t 200/000 'origin with a login of its own' code -u 'CORP\bob:Bob-Passw0rd!' "$RW_401/"
# Samba's client, which is Wine's NTLM, calls itself version 6.1; our engine calls itself 10.0.
t 200/000 "$RW_REC" code -x "$RW_REC" -U 'CORP\alice:Passw0rd!' "$W"
t 6.1 "$RW_REC: whose NEGOTIATE it was" /usr/bin/python3 -c 'import base64, json, sys
message = base64.b64decode(json.loads(open(sys.argv[1]).readlines()[-1])["messages"][0]["b64"])
print("%d.%d" % (message[32], message[33]))' "$RW_HANDSHAKES"

section 'the proxy of the registry'
# WinHTTP's default as netsh writes it: 40, 0, the flags 3 (a proxy), then each text behind its length.
winhttp() { /usr/bin/python3 -c 'import struct, sys
b = struct.pack("<III", 40, 0, 3)
for text in sys.argv[1:]: b += struct.pack("<I", len(text)) + text.encode()
print(b.hex())' "$@"; }
options='HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings'
connections='HKLM\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections'
reg() { wine reg "$@" >/dev/null 2>"$TMP/stderr" || fail "reg $*: $(cat "$TMP/stderr")"; }
place=${RW_NTLM#http://}
t 200/000 'no setting: directly' code "$W"
reg add "$options" /v ProxyServer /t REG_SZ /d "http=$place" /f
reg add "$options" /v ProxyOverride /t REG_SZ /d '<-loopback>' /f
reg add "$options" /v ProxyEnable /t REG_DWORD /d 0 /f
t 200/000 'ProxyEnable 0: directly' code "$W"
reg add "$options" /v ProxyEnable /t REG_DWORD /d 1 /f
t 407/000 'Internet Options: the proxy asks' code -U 'CORP\bob:nope' "$W"
t 200/000 'Internet Options: the proxy lets in' code -U 'CORP\alice:Passw0rd!' "$W"
t 200/000 'the environment goes before' env http_proxy="$RW_NEGO" "$ROOT/ci/windows/wine.sh" "$EXE" fetch -s -o "$TMP/body" \
  -w '%{http_code}/%{http_connect}' -U 'CORP\alice:Passw0rd!' "$W"
reg add "$options" /v ProxyOverride /t REG_SZ /d '<-loopback>;local*' /f
t 200/000 'ProxyOverride: directly' code "$W"
reg add "$options" /v ProxyServer /t REG_SZ /d 'socks=127.0.0.1:9' /f
reg add "$options" /v ProxyOverride /t REG_SZ /d '<-loopback>' /f
wine "$EXE" fetch "$W" >/dev/null 2>"$TMP/stderr"
if grep -q 'Internet Options.*SOCKS' "$TMP/stderr"; then pass; else fail "SOCKS alone: $(cat "$TMP/stderr")"; fi
reg add "$options" /v ProxyEnable /t REG_DWORD /d 0 /f
reg add "$options" /v AutoConfigURL /t REG_SZ /d 'http://wpad.corp.test/proxy.pac' /f
wine "$EXE" fetch "$W" >/dev/null 2>"$TMP/stderr"
if grep -q 'wpad.corp.test/proxy.pac' "$TMP/stderr"; then pass; else fail "a script: $(cat "$TMP/stderr")"; fi
reg delete "$options" /v AutoConfigURL /f
reg add "$connections" /v WinHttpSettings /t REG_BINARY /d "$(winhttp "$place" '<-loopback>')" /f
t 407/000 'WinHTTP: the proxy asks' code -U 'CORP\bob:nope' "$W"
t 200/000 'WinHTTP: the proxy lets in' code -U 'CORP\alice:Passw0rd!' "$W"

echo "$P passed, $F failed"
[ $F = 0 ]
