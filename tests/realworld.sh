#!/bin/bash
# tests/realworld.sh - our client and server against software that nobody here wrote: Squid, Samba, gss-ntlmssp
#
# Brings the servers of ci/realworld up, in a network namespace of their own where that may be had, repeats every row, takes
# them down, and closes with "N passed, M failed". Root; Debian's packages are installed by ci/realworld/up.sh.
#   RW_STATE=DIR     use servers that up.sh brought up in DIR, and leave them running
#   RW_CLIENT=CMD    the client under test, which takes curl's options (default: target/debug/gatepass fetch)
#   FOREIGN_PYTHON=PATH  a Python that has ci/requirements.txt already (default: target/foreign-python, made once)
#   CARGO_TARGET_DIR where the built binaries are (default: target)
# What was seen, by section and by cell of the matrix, is left in target/conformance: cp target/conformance/*.jsonl fixtures/peers/
# makes it what docs/conformance.md is written from.
set -u
export LC_ALL=C.UTF-8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}/debug

# Before the namespace, from which nothing can be installed.
if [ -z "${FOREIGN_PYTHON:-}" ]; then
  venv=$(dirname "$TARGET")/foreign-python
  if ! cmp -s "$ROOT/ci/requirements.txt" "$venv/installed"; then
    /usr/bin/python3 -m venv --clear "$venv" && "$venv/bin/pip" -q --disable-pip-version-check install -r "$ROOT/ci/requirements.txt" &&
      cp "$ROOT/ci/requirements.txt" "$venv/installed" || exit 1
  fi
  export FOREIGN_PYTHON=$venv/bin/python
fi
if [ -z "${RW_STATE:-}" ]; then
  (cd "$ROOT" && cargo build -q -p gatepass-cli -p gatepass-fixtures && cargo build -q -p gatepass-engine --examples --all-features &&
    cargo build -q -p gatepass --example contract --example smb_read --example ldap_search && cargo build -q -p gatepass-spnego --examples) || exit 1
  state=$(mktemp -d /tmp/gatepass-rw.XXXX) && chmod 755 "$state" || exit 1
  trap '"$ROOT/ci/realworld/down.sh" "$state" --purge' EXIT
  unshare --net true 2>/dev/null && netns=(--netns "${state##*/}") || netns=()
  "$ROOT/ci/realworld/up.sh" "$state" "${netns[@]}" || exit 1
  RW_STATE=$state RW_FRESH=1 "$0"
  exit $?
fi
if [ -e "$RW_STATE/netns" ] && [ -z "${REALWORLD_IN_NETNS:-}" ]; then
  exec env REALWORLD_IN_NETNS=1 ip netns exec "$(cat "$RW_STATE/netns")" "$0"
fi
. "$RW_STATE/env.sh"
export RW_CLIENT=${RW_CLIENT:-$TARGET/gatepass fetch}
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

TMP=$(mktemp -d) P=0 F=0
export KRB5CCNAME=FILE:$TMP/tickets   # none yet
trap 'kill "${WITNESS_PID:-}" 2>/dev/null; rm -rf "$TMP"' EXIT
W=http://web.corp.test:18080/ WS=https://web.corp.test:18443/   # names that Squid alone resolves
A='CORP\alice:Passw0rd!' B='CORP\bob:Bob-Passw0rd!'

pass() { P=$((P + 1)); }
fail() { F=$((F + 1)); echo "FAIL $*"; }
# t EXPECTED NAME COMMAND...: the command's output is EXPECTED
t() {
  local expected=$1 name=$2 got; shift 2
  got=$("$@" 2>"$TMP/stderr")
  if [ "$got" = "$expected" ]; then pass; else fail "$name: expected $expected, got $got ($(tail -1 "$TMP/stderr"))"; fi
}
client() { timeout 60 $RW_CLIENT -s -m 30 --cacert "$RW_CA" --proxy-cacert "$RW_CA" "$@"; }
code() { client -o /dev/null -w '%{http_code}/%{http_connect}' "$@"; }
# logins USER: how many times winbind has been asked about this account (its log has one line of this kind for each)
logins() { grep -acF "Auth: [winbind,NTLM_AUTH," <(grep -aF "user [CORP]\[$1] " "$RW_AUTH_LOG"); }
# once EXPECTED NAME USER COMMAND...: as t, and the domain controller was asked about USER exactly once
once() {
  local expected=$1 name=$2 user=$3 before asked; shift 3
  before=$(logins "$user")
  t "$expected" "$name" "$@"
  asked=$(($(logins "$user") - before))
  if [ $asked = 1 ]; then pass; else fail "$name: the domain controller was asked $asked times about $user"; fi
}

# section TITLE [PEERS]: the rows from here on; with PEERS, the software on the other side, they are a line of what the table of
# docs/conformance.md is made of.
RUNS=$TARGET/../conformance/runs.jsonl TITLE= PEERS=
section() {
  section_ends
  TITLE=$1 PEERS=${2:-} P_BEFORE=$P F_BEFORE=$F
  echo "== $1"
}
section_ends() {
  local result=pass
  [ $F = "${F_BEFORE:-0}" ] && [ $P -gt "${P_BEFORE:-0}" ] || result=FAIL
  [ -z "$PEERS" ] || printf '{"section": "%s", "peers": "%s", "result": "%s"}\n' "$TITLE" "$PEERS" $result >>"$RUNS"
}
version() { dpkg-query -W -f='${Version}' "$1" | sed 's/^[0-9]*://; s/[+~-].*//'; }
SAMBA="Samba $(version samba)" SQUID="Squid $(squid --version | sed -n 's/^Squid Cache: Version //p')"
APACHE="Apache $(version apache2)" GSS="gss-ntlmssp $(version gss-ntlmssp)" KERBEROS="MIT Kerberos $(version libgssapi-krb5-2)"
mkdir -p "$TARGET/../conformance"
echo "{\"date\": \"$(date +%F)\"}" >"$RUNS"

section 'proxies: GET and CONNECT; a wrong password is one attempt' "$SQUID, $SAMBA"
for p in $RW_NTLM $RW_KAOFF $RW_REC $RW_TLSPROXY; do
  once 200/000 "$p GET" alice code -x "$p" -U "$A" $W
  once 200/200 "$p CONNECT" alice code -x "$p" -U "$A" $WS
  once 407/000 "$p GET, wrong password" alice code -x "$p" -U 'CORP\alice:nope' $W
  once 000/407 "$p CONNECT, wrong password" alice code -x "$p" -U 'CORP\alice:nope' $WS
done
t 407/000 'proxy without credentials' code -x "$RW_NTLM" $W

section 'origins: 401 from Squid as a reverse proxy, and from gss-ntlmssp' "$SQUID, $SAMBA, $APACHE, $GSS"
for o in $RW_401/ $RW_401S/ $RW_WEB/ntlm/ $RW_WEBS/ntlm/; do
  once 200/000 "$o" alice code -u "$A" "$o"
  once 401/000 "$o, wrong password" alice code -u 'CORP\alice:nope' "$o"
done
for o in $RW_FILE/ntlm/ $RW_FILES/ntlm/; do
  t 200/000 "$o" code -u "$A" "$o"
  t 401/000 "$o, wrong password" code -u 'CORP\alice:nope' "$o"
done
t 401/000 'origin without credentials' code "$RW_401/"

section 'Negotiate with NTLM inside; Basic where it is allowed' "$SQUID, $SAMBA, $APACHE, $GSS"
once 200/000 "$RW_NEGO GET" alice code --proxy-negotiate -x "$RW_NEGO" -U "$A" $W
once 200/000 "$RW_NEGO POST" alice code --proxy-negotiate -x "$RW_NEGO" -U "$A" -d a=b $W
once 200/200 "$RW_NEGO CONNECT" alice code --proxy-negotiate -x "$RW_NEGO" -U "$A" $WS
once 407/000 "$RW_NEGO GET, wrong password" alice code -x "$RW_NEGO" -U 'CORP\alice:nope' $W
for o in $RW_WEB/nego/ $RW_WEBS/nego/; do
  once 200/000 "$o" alice code --negotiate -u "$A" "$o"
  once 200/000 "$o POST" alice code --negotiate -u "$A" -d a=b "$o"
  once 401/000 "$o, wrong password" alice code -u 'CORP\alice:nope' "$o"
done
for o in $RW_FILE/nego/ $RW_FILES/nego/ $RW_CBT/require $RW_CBT384/require; do
  t 200/000 "$o by Negotiate" code --negotiate -u "$A" "$o"
  t 401/000 "$o by Negotiate, wrong password" code --negotiate -u 'CORP\alice:nope' "$o"
done
# Negotiate is offered there for Kerberos only, with a helper that answers NTLM but knows nobody: NTLM itself is the way.
once 200/000 "$RW_ALL GET" alice code -x "$RW_ALL" -U "$A" $W
once 200/200 "$RW_ALL CONNECT" alice code -x "$RW_ALL" -U "$A" $WS
once 407/000 "$RW_ALL GET, wrong password" alice code -x "$RW_ALL" -U 'CORP\alice:nope' $W
t 200/000 "$RW_ALL by Basic" code --proxy-basic -x "$RW_ALL" -U "$A" $W
t 200/200 "$RW_ALL CONNECT by Basic" code --proxy-basic -x "$RW_ALL" -U "$A" $WS
t 407/000 "$RW_ALL by Basic, wrong password" code --proxy-basic -x "$RW_ALL" -U 'CORP\alice:nope' $W
t 407/000 "$RW_NTLM offers no Basic" code --proxy-basic -x "$RW_NTLM" -U "$A" $W

section 'channel bindings (tls-server-end-point)' "$GSS"
bound() { client "$@" | grep -o '"channel_bound": [a-z]*'; }
for o in $RW_CBT $RW_CBT384; do
  t '"channel_bound": true' "$o/require" bound -u "$A" "$o/require"
  t '"channel_bound": true' "$o/allow" bound -u "$A" "$o/allow"
  t 401/000 "$o/require, wrong password" code -u 'CORP\alice:nope' "$o/require"
done
# A certificate signed with SHA-1: RFC 5929 has it hashed with SHA-256. No verifier accepts such a certificate.
t '"channel_bound": true' "$RW_CBT1/require" bound -k -u "$A" "$RW_CBT1/require"

section 'single sign-on: the ticket that is there, and nobody is asked about a password' "$KERBEROS, $SQUID, $APACHE"
unset GATEPASS_USER GATEPASS_PASSWORD GATEPASS_NT_HASH NTLM_USER_FILE
ticket() { echo 'Passw0rd!' | kinit "$@" alice@CORP.TEST >"$TMP/kinit" 2>&1; }
# never EXPECTED NAME COMMAND...: as t, and the domain controller was not asked about alice's password
never() { local before; before=$(logins alice); t "$@"; t "$before" "$2: by the ticket alone" logins alice; }
ticket
for p in $RW_ALL http://localhost:13130 $RW_TLSPROXY; do
  never 200/000 "$p GET" code -x "$p" $W
  never 200/000 "$p POST" code -x "$p" -d a=b $W
  never 200/200 "$p CONNECT" code -x "$p" -U : $WS
done
for o in $RW_WEB/krb/ $RW_WEBS/krb/ $RW_WEB/nego/ $RW_WEBS/nego/ $RW_FILE/nego/ $RW_FILES/nego/ $RW_401NEGO/; do
  never 200/000 "$o" code --negotiate "$o"
  never 200/000 "$o POST" code --negotiate -u : -d a=b "$o"
  t 401/000 "$o gets no ticket unasked" code "$o"
done
for o in $RW_CBT $RW_CBT384; do
  t '"channel_bound": true' "$o/require by Kerberos" bound --negotiate "$o/require"
done
inside() { client -v -o /dev/null "$@" 2>&1 | grep -oE 'a Kerberos token|malformed' | sort -u; }
t 'a Kerberos token' '-v names what is inside' inside -x http://localhost:13130 $W
whose() { "$TARGET/gatepass" whoami http://localhost:13130 | grep -o 'first by Kerberos: with the ticket of [^,]*'; }
t 'first by Kerberos: with the ticket of alice@CORP.TEST' 'whoami' whose
both_tickets() { code -x http://localhost:13130 --negotiate "$RW_401NEGO/"; }
never 200/000 'the proxy and the origin, each by a ticket of its own' both_tickets

section 'without a ticket, or where none is taken: NTLM with what the environment knows, in the same exchange' \
  "$KERBEROS, $SQUID, $SAMBA"
secret() { GATEPASS_USER='CORP\alice' GATEPASS_PASSWORD='Passw0rd!' "$@"; }
said() { client -v -o /dev/null "$@" 2>&1 | sed -n 's/^\* \(Kerberos: [^(]*[^( ]\).*/\1/p; s/^\* \(login for .*\)/\1/p'; }
once 200/000 "$RW_NEGO has no Kerberos: GET" alice secret code -x "$RW_NEGO" $W
once 200/200 "$RW_NEGO has no Kerberos: CONNECT" alice secret code -x "$RW_NEGO" $WS
t $'Kerberos: with a ticket for HTTP/localhost\nlogin for http://localhost:13129: CORP\\alice, from the environment' \
  'both in one exchange, and -v says so' secret said -x "${RW_NEGO/127.0.0.1/localhost}" $W
kdestroy -q
for p in $RW_ALL $RW_NEGO $RW_NTLM; do
  once 200/000 "$p GET without a ticket" alice secret code -x "$p" $W
  once 200/200 "$p CONNECT without a ticket" alice secret code -x "$p" $WS
done
t $'Kerberos: not used, there is no Kerberos ticket: run kinit, or log in to the domain\nlogin for http://127.0.0.1:13129: CORP\\alice, from the environment' \
  '-v says why' secret said -x "$RW_NEGO" $W
t 401/000 "$RW_WEB/nego/ gets no password that is not meant for it" secret code --negotiate "$RW_WEB/nego/"

section 'with neither: exit code 94, and one sentence that names the cause'
# says WORDS NAME ARGUMENTS...
says() {
  local words=$1 name=$2 got code; shift 2
  got=$(client -S -o /dev/null "$@" 2>&1); code=$?
  if [ $code = 94 ] && [[ $got = *"$words"* && $got != *$'\n'* ]]; then pass; else fail "$name: expected 94 and '$words', got $code and $got"; fi
}
none='no name and password are known for'
for w in $W $WS; do
  says "there is no Kerberos ticket: run kinit" "no ticket: $w" -x "$RW_ALL" $w
  says "$none $RW_ALL" "no password: $w" -x "$RW_ALL" $w
  says "$none $RW_NTLM" "no password for NTLM: $w" -x "$RW_NTLM" $w
done
nobody() { "$TARGET/gatepass" whoami "$RW_ALL" | grep -o 'Kerberos: not used, there is no Kerberos ticket: run kinit'; }
t 'Kerberos: not used, there is no Kerberos ticket: run kinit' 'whoami without a ticket' nobody
says 'there is no Kerberos ticket: run kinit' 'a server, no ticket' --negotiate "$RW_WEB/krb/"
ticket -l 2s; sleep 3
says 'the Kerberos ticket has expired: run kinit again' 'expired ticket' -x "$RW_ALL" $W
ticket
says 'Kerberos knows no service HTTP/nosuch.corp.test: use the name' 'unknown service' \
  --resolve nosuch.corp.test:13130:127.0.0.1 -x http://nosuch.corp.test:13130 $W
for shift in +2h -2h; do
  RW_CLIENT="faketime -f $shift $RW_CLIENT" says 'too far apart: set this one by' "a clock at $shift" -x "$RW_ALL" $W
done
sed 's/= 127\.0\.0\.10/= 127.0.0.99/' "$KRB5_CONFIG" >"$TMP/krb5.silent"
KRB5_CONFIG=$TMP/krb5.silent says 'no Kerberos server can be found or reached' 'no KDC' -x "$RW_ALL" $W
{ cat "$KRB5_CONFIG"; printf '\tother.test = OTHER.TEST\n\t.other.test = OTHER.TEST\n'; } >"$TMP/krb5.other"
KRB5_CONFIG=$TMP/krb5.other says 'Kerberos knows no service HTTP/proxy.other.test' 'another realm' \
  --resolve proxy.other.test:13130:127.0.0.1 -x http://proxy.other.test:13130 $W
mkdir "$TMP/nolib" && echo 'no library' >"$TMP/nolib/libgssapi_krb5.so.2"
LD_LIBRARY_PATH=$TMP/nolib says 'no GSSAPI library can be loaded' 'no library' -x "$RW_ALL" $W
no_library() { LD_LIBRARY_PATH=$TMP/nolib secret "$@"; }
once 200/000 'no library, but a password' alice no_library code -x "$RW_ALL" $W

section 'a proxy by an alias: the name as typed, then the one to which the alias leads'
wrapper=$(find /usr/lib -name 'libnss_wrapper.so*' | head -1)
sed 's/dns_canonicalize_hostname = false/dns_canonicalize_hostname = true/' "$KRB5_CONFIG" >"$TMP/krb5.alias"
echo '127.0.0.1 proxy.corp.test alias.corp.test' >"$TMP/hosts"
alias_of() { LD_PRELOAD=$wrapper NSS_WRAPPER_HOSTS=$TMP/hosts KRB5_CONFIG=$1 code -x http://alias.corp.test:13130 $W; }
t 407/000 'where krb5.conf has aliases left alone' alias_of "$KRB5_CONFIG"
never 200/000 'where it has them followed' alias_of "$TMP/krb5.alias"
kdestroy -q

section 'two identities at once: the proxy as alice, the origin as bob' "$SQUID, $SAMBA"
both() { local a b; a=$(logins alice) b=$(logins bob); code "$@"; echo " $(($(logins alice) - a)) $(($(logins bob) - b))"; }
t '200/000 1 1' "$RW_401 through $RW_NTLM" both -x "$RW_NTLM" -U "$A" -u "$B" "$RW_401/"
t '200/200 1 1' "$RW_401S through $RW_NTLM" both -x "$RW_NTLM" -U "$A" -u "$B" "$RW_401S/"
t '200/200 1 1' "$RW_401S through $RW_KAOFF" both -x "$RW_KAOFF" -U "$A" -u "$B" "$RW_401S/"
t '401/000 1 1' "$RW_401 through $RW_NTLM, bob's password wrong" both -x "$RW_NTLM" -U "$A" -u 'CORP\bob:nope' "$RW_401/"

section 'accounts' "$SQUID, $SAMBA"
for account in "$A" "$B" 'CORP\jürgen:pässwörd€' 'CORP\Ωmega:пароль😀' "CORP\\longpw:$RW_LONGPW" 'CORP\emptypw:' \
  'CORP\with space:Passw0rd!' 'alice:Passw0rd!' 'alice@corp.test:Passw0rd!' 'corp.test\alice:Passw0rd!'; do
  t 200/000 "GET as ${account%%:*}" code -x "$RW_NTLM" -U "$account" $W
  t 200/200 "CONNECT as ${account%%:*}" code -x "$RW_NTLM" -U "$account" $WS
done
for user in disabled expired mustchange pwexpired; do
  once 407/000 "GET as $user" "$user" code -x "$RW_NTLM" -U "CORP\\$user:Passw0rd!" $W
  once 000/407 "CONNECT as $user" "$user" code -x "$RW_NTLM" -U "CORP\\$user:Passw0rd!" $WS
done
if [ -n "${RW_FRESH:-}" ]; then
  # Two wrong passwords lock this account. One of them through us, then the right one, shows that we spent only one.
  locked() { once "$1" "locked: $2" locked code -x "$RW_NTLM" -U "CORP\\locked:$3" $W; }
  locked 407/000 'first wrong password' nope
  locked 200/000 'right password, not locked yet' 'Passw0rd!'
  locked 407/000 'wrong password' nope
  locked 407/000 'second wrong password' nope
  t NT_STATUS_ACCOUNT_LOCKED_OUT 'locked: the domain says so' \
    sh -c '"$RW_NTLM_AUTH" --username=locked --domain=CORP --password="Passw0rd!" 2>&1 | cut -d: -f1'
  locked 407/000 'right password, too late' 'Passw0rd!'
else
  echo 'NOT RUN locked: these servers are not this run'"'"'s own, and the row locks the account for a day'
fi

section 'a body of 100 MB is not sent into a challenge' "$SQUID, $SAMBA"
head -c 100000000 /dev/zero >"$TMP/body"
digest=$(sha256sum <"$TMP/body" | cut -d' ' -f1)
# upload NAME PROXY_PORT CREDENTIALS EXPECTED-BODY MAX-BYTES-UP
upload() {
  local name=$1 port=$2 credentials=$3 expected=$4 most=$5 ports up
  : >"$TMP/counts" >"$TMP/ports"
  /usr/bin/python3 "$ROOT/tests/realworld/upload_witness.py" 127.0.0.1 "$port" "$TMP/counts" >"$TMP/ports" & WITNESS_PID=$!
  for _ in $(seq 50); do [ -s "$TMP/ports" ] && break; sleep 0.1; done
  read -r -a ports <"$TMP/ports"
  t "$expected" "$name" client -x "http://127.0.0.1:${ports[0]}" -U "$credentials" -X POST -T "$TMP/body" -w '\n%{http_code}' \
    -o "$TMP/answer" "http://127.0.0.1:${ports[1]}/"
  [ "${6:-}" = "" ] || t "$6" "$name: what the origin received" cat "$TMP/answer"
  sleep 0.3; kill "$WITNESS_PID" 2>/dev/null; wait "$WITNESS_PID" 2>/dev/null
  up=$(/usr/bin/python3 -c 'import json, sys; print(sum(json.loads(line)["up"] for line in open(sys.argv[1])))' "$TMP/counts")
  if [ "$up" -le "$most" ]; then pass; else fail "$name: $up bytes went up, at most $most expected"; fi
}
upload 'POST' "${RW_NTLM##*:}" "$A" $'\n200' 100010000 "100000000 $digest"
upload 'POST, first 407 closes' "${RW_KAOFF##*:}" "$A" $'\n200' 100010000 "100000000 $digest"
upload 'POST, wrong password' "${RW_NTLM##*:}" 'CORP\alice:nope' $'\n407' 10000

# counted COMMAND...: passes its output on and adds the figures of its last line, "N passed, M failed"
counted() {
  "$@" 2>&1 | tee "$TMP/counted"
  if [[ $(tail -1 "$TMP/counted") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    P=$((P + BASH_REMATCH[1])) F=$((F + BASH_REMATCH[2]))
  else
    fail "$*: it does not say how many passed"
  fi
}
PIPE=$TARGET/examples/pipe

section 'logins over pipes: accounts, dialects and policies; the session keys' "$SAMBA"
[ -n "${RW_FRESH:-}" ] && up=$ROOT/ci/realworld/up.sh || up=-
counted /usr/bin/python3 "$ROOT/tests/realworld/matrix/logins.py" "$PIPE" "$up"

section 'the matrix: our client and our server against other implementations, with signed and sealed messages'
counted /usr/bin/python3 "$ROOT/tests/realworld/matrix/matrix.py" "$PIPE" "$FOREIGN_PYTHON" "$TARGET/../conformance/matrix.jsonl"

section 'SMB 2.1: a file over a session that the exported key signs' "$SAMBA"
# smb ADDRESS FILE USER PASSWORD: the file, then what was agreed or why not
smb() { GATEPASS_PASSWORD=$4 "$TARGET/examples/smb_read" "$1" share "$2" "$3" 2>&1; }
hello=$'SMB 2.1, signed; mechListMIC verified\nhello from the share'
refused='smb_read: login refused: STATUS_LOGON_FAILURE: the user is unknown or the password wrong; it was tried once'
for account in 'CORP\alice:Passw0rd!' 'CORP\jürgen:pässwörd€' 'CORP\emptypw:' "CORP\\longpw:$RW_LONGPW" 'alice@corp.test:Passw0rd!'; do
  t "$hello" "the domain controller as ${account%%:*}" smb 127.0.0.10:445 hello.txt "${account%%:*}" "${account#*:}"
done
t "$hello" 'a server outside the domain' smb 127.0.0.1:1445 hello.txt 'LEGACYSRV\alice' 'Passw0rd!'
smb_logins() { cat "$RW_STATE"/log/samba-*.log | grep -acF 'Auth: [SMB2,NTLMSSP] user [CORP]\[alice] '; }
before=$(smb_logins)
t "$refused" 'the domain controller, wrong password' smb 127.0.0.10:445 hello.txt 'CORP\alice' nope
t $((before + 1)) 'the domain controller was asked once' smb_logins
t "$refused" 'a server outside the domain, wrong password' smb 127.0.0.1:1445 hello.txt 'LEGACYSRV\alice' nope
t 'smb_read: login refused: STATUS_ACCOUNT_DISABLED: the account is disabled; ask its administrator' 'a disabled account' \
  smb 127.0.0.10:445 hello.txt 'CORP\disabled' 'Passw0rd!'
t $'SMB 2.1, signed; mechListMIC verified\nsmb_read: nothing.txt: STATUS_OBJECT_NAME_NOT_FOUND: there is no such file on the share' \
  'a file that is not there' smb 127.0.0.10:445 nothing.txt 'CORP\alice' 'Passw0rd!'

section "SMB 2.0: impacket's server, the only one with NTLM that impacket has" \
  "impacket $("$FOREIGN_PYTHON" -c 'from importlib.metadata import version; print(version("impacket"))')"
exec {hold}> >(exec "$FOREIGN_PYTHON" "$ROOT/tests/realworld/impacket_smb_server.py" "$RW_STATE/share" alice 'Passw0rd!' >"$TMP/port" 2>/dev/null)
for _ in $(seq 100); do [ -s "$TMP/port" ] && break; sleep 0.1; done
read -r port <"$TMP/port"
t $'SMB 2.0, signed; mechListMIC not sent\nhello from the share' "impacket's server" smb "127.0.0.1:$port" hello.txt 'CORP\alice' 'Passw0rd!'
t "$refused" "impacket's server, wrong password" smb "127.0.0.1:$port" hello.txt 'CORP\alice' nope
exec {hold}>&-

section 'LDAP: a search with every message sealed' "$SAMBA"
# This server answers a simple bind without TLS with strongerAuthRequired, and a search without a bind with operationsError.
ldap() { GATEPASS_PASSWORD=$2 "$TARGET/examples/ldap_search" 127.0.0.10:389 "$1" DC=corp,DC=test sAMAccountName "${@:3}" 2>&1; }
t $'CN=alice,CN=Users,DC=corp,DC=test\n  sAMAccountName: alice' 'one search' ldap 'CORP\alice' 'Passw0rd!' sAMAccountName=alice
t $'CN=bob,CN=Users,DC=corp,DC=test\n  sAMAccountName: bob\nCN=jürgen,CN=Users,DC=corp,DC=test\n  sAMAccountName: jürgen' \
  'two searches as jürgen' ldap 'CORP\jürgen' 'pässwörd€' sAMAccountName=bob sAMAccountName=jürgen
many() { [ "$(ldap 'CORP\alice' 'Passw0rd!' objectClass=top | grep -c '^CN=')" -gt 100 ] && echo yes; }
t yes 'the whole directory, more than a hundred entries' many
ldap_refused() { ldap "$@" | grep -o 'login refused: result [0-9]*, [a-zA-Z]*'; }
t 'login refused: result 49, invalidCredentials' 'wrong password' ldap_refused 'CORP\alice' nope sAMAccountName=alice

section "13133's record: the session key that the server exported is ours" "$SQUID, $SAMBA"
lines=$(wc -l <"$RW_HANDSHAKES")
t 200/000 "$RW_REC" code -x "$RW_REC" -U "$A" $W
t 200/200 "$RW_REC CONNECT" code -x "$RW_REC" -U "$A" $WS
t 200 "$RW_REC, our own key" "$TARGET/examples/ntlm_over_http" "${RW_REC#http://}" $W 'CORP\alice' 'Passw0rd!' "$TMP/key"
tail -n "+$((lines + 1))" "$RW_HANDSHAKES" >"$TMP/handshakes"
t "$(cat "$TMP/key" 2>/dev/null)" "$RW_REC: key in its log" \
  /usr/bin/python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readlines()[-1])["exported_session_key"])' "$TMP/handshakes"
/usr/bin/python3 - "$TMP/handshakes" >"$TMP/recorded.json" <<'PY'
import json, sys
keep = ("status", "detail", "exported_session_key", "negotiated_flags", "messages")
print(json.dumps([dict(name=f"rec-{n}", server="squid", user="alice", domain="CORP", password="Passw0rd!", **{k: h[k] for k in keep if k in h})
                  for n, h in enumerate(map(json.loads, open(sys.argv[1])))]))
PY
t '3 passed, 0 failed, 0 skipped' 'check-vectors over the record' sh -c '"$0" "$1" | tail -1' "$TARGET/check-vectors" "$TMP/recorded.json"

section "the heads of Squid and Apache are those that the mock proxy's personalities rest on" "$SQUID, $APACHE"
counted /usr/bin/python3 "$ROOT/tests/realworld/heads.py" "$ROOT/fixtures/personalities.json" $RW_CLIENT

section "the contract of the joint with the system's GSSAPI: the table of docs/contract.md" \
  "$KERBEROS, $GSS, $SAMBA"
printf 'CORP:alice:Passw0rd!\n' >"$TMP/ntlm_users"
gssapi() { KRB5CCNAME="FILE:$TMP/contract.cc" KRB5_KTNAME="$RW_STATE/etc/http.keytab" NTLM_USER_FILE="$TMP/ntlm_users" "$@"; }
t '' 'a ticket for alice' gssapi sh -c 'echo "Passw0rd!" | kinit alice@CORP.TEST >/dev/null'
gssapi "$TARGET/examples/contract" gssapi >"$TMP/contract" 2>"$TMP/broken" || cat "$TMP/broken"
t kept 'its table' /usr/bin/python3 -c 'import sys; got, kept = (open(f).read() for f in sys.argv[1:]); print("kept" if got and got in kept else got)' \
  "$TMP/contract" "$ROOT/docs/contract.md"

section 'logins from keyrings, git, a command and files, through Squid'
counted env URL=$W "$ROOT/tests/credentials.sh" "$RW_NTLM"

section 'taps, replays and keytabs: Squid with curl, and Wireshark'
counted env TARGET="$TARGET" "$ROOT/tests/realworld/transcripts.sh"

section 'ci/realworld/check.sh with this client'
counted "$ROOT/ci/realworld/check.sh" "$RW_STATE"

# What docs/conformance.md says is what was seen just now, but for the day and the versions.
results() { sed -E '/"date"/d; s/ [0-9][0-9A-Za-z.]*//g' "$1"; }
section 'the results that the table of docs/conformance.md is made of'
for name in matrix runs; do
  t '' "fixtures/peers/$name.jsonl; what was seen now is in ${TARGET#"$ROOT/"}/../conformance" \
    diff <(results "$ROOT/fixtures/peers/$name.jsonl") <(results "$TARGET/../conformance/$name.jsonl")
done

echo "$P passed, $F failed"
[ $F = 0 ]
