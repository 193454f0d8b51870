#!/bin/bash
# tests/foreign-clients.sh - other people's NTLM clients through our mock proxy: let through, and refused when they should be
#
# curl, Java 17's HttpURLConnection, requests-ntlm, pyspnego and impacket; GET and CONNECT where the client can. Closes with
# "N passed, M failed". Python's clients are installed (ci/requirements.txt) into a virtual environment of this run.
#   MOCK_PROXY=CMD     the proxy (default: target/debug/gatepass mock-proxy)
#   FOREIGN_PROXY=HOST:PORT with ORIGIN_HTTP, ORIGIN_HTTPS, ORIGIN_CA: a proxy that already runs, to prove the clients with
#   FOREIGN_PYTHON=PATH     a Python that has ci/requirements.txt already
set -u
export LC_ALL=C.UTF-8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TMP=$(mktemp -d) P=0 F=0 PROXY_PID=
trap '[ -z "$PROXY_PID" ] || kill "$PROXY_PID" 2>/dev/null; rm -rf "$TMP"' EXIT
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

if [ -z "${FOREIGN_PYTHON:-}" ]; then
  python3 -m venv "$TMP/venv" && "$TMP/venv/bin/pip" -q --disable-pip-version-check install -r "$ROOT/ci/requirements.txt" || exit 1
  FOREIGN_PYTHON=$TMP/venv/bin/python
fi
# Java 17 by name: a machine may have several.
JAVA=$(ls -d /usr/lib/jvm/java-17-openjdk-*/bin/java 2>/dev/null | head -1)
for tool in curl "${JAVA:-java-17}"; do
  command -v "$tool" >/dev/null || { echo "missing: $tool (ci/install.sh installs it)"; exit 1; }
done

if [ -z "${FOREIGN_PROXY:-}" ]; then
  [ -n "${MOCK_PROXY:-}" ] || (cd "$ROOT" && cargo build -q -p gatepass-cli) || exit 1
  ${MOCK_PROXY:-${CARGO_TARGET_DIR:-$ROOT/target}/debug/gatepass mock-proxy} --listen 127.0.0.1:0 --ca-file "$TMP/ca.pem" \
    --account 'CORP\alice:Passw0rd!' --account 'CORP\jürgen:pässwörd€' --account 'CORP\emptypw:' >"$TMP/proxy.out" 2>"$TMP/proxy.err" &
  PROXY_PID=$!
  for _ in $(seq 100); do grep -q '^listening on ' "$TMP/proxy.out" && break; sleep 0.1; done
  FOREIGN_PROXY=$(sed -n 's,^listening on http://\([^/]*\).*,\1,p' "$TMP/proxy.out")
  [ -n "$FOREIGN_PROXY" ] || { echo 'the mock proxy did not come up:'; cat "$TMP/proxy.out" "$TMP/proxy.err"; exit 1; }
  ORIGIN_HTTP=http://origin.test/echo ORIGIN_HTTPS=https://origin.test/echo ORIGIN_CA=$TMP/ca.pem
fi

# t EXPECTED NAME COMMAND...: the last line of the command's output is EXPECTED
t() {
  local expected=$1 name=$2 got; shift 2
  got=$(timeout 60 "$@" 2>"$TMP/stderr" | tail -1)
  if [ "$got" = "$expected" ]; then P=$((P + 1)); else F=$((F + 1)); echo "FAIL $name: expected $expected, got $got ($(tail -1 "$TMP/stderr"))"; fi
}
curl_() { timeout 30 curl -s -o /dev/null -w '%{http_code}/%{http_connect}\n' --proxy-ntlm -x "http://$FOREIGN_PROXY" -U "CORP\\$1:$2" --cacert "$ORIGIN_CA" "$3"; }
raw() { "$FOREIGN_PYTHON" "$ROOT/tests/foreign/raw_clients.py" "$1" "$FOREIGN_PROXY" "$4" CORP "$2" "$3" "$ORIGIN_CA"; }
requests_() { "$FOREIGN_PYTHON" "$ROOT/tests/foreign/requests_ntlm_client.py" "$FOREIGN_PROXY" "$3" CORP "$1" "$2"; }
java_() { "$JAVA" "$ROOT/tests/foreign/JavaClient.java" "${FOREIGN_PROXY%:*}" "${FOREIGN_PROXY##*:}" "$3" CORP "$1" "$2" "$ORIGIN_CA"; }
export -f curl_ raw requests_ java_
export FOREIGN_PROXY FOREIGN_PYTHON ORIGIN_CA ROOT JAVA
b() { local expected=$1 name=$2; shift 2; t "$expected" "$name" bash -c '"$@"' - "$@"; }

# client NAME VERSION: the rows from here on are its. Each client is a line of what the table of docs/conformance.md is made of.
RESULTS=${CARGO_TARGET_DIR:-$ROOT/target}/conformance/clients.jsonl NAME=
client() {
  client_ends
  NAME=$1 VERSION=$2 P_BEFORE=$P F_BEFORE=$F
}
client_ends() {
  local result=pass
  [ $F = "${F_BEFORE:-0}" ] && [ $P -gt "${P_BEFORE:-0}" ] || result=FAIL
  [ -z "$NAME" ] || printf '{"section": "foreign clients: %s", "peers": "%s %s", "result": "%s"}\n' "$NAME" "$NAME" "$VERSION" $result >>"$RESULTS"
}
package() { "$FOREIGN_PYTHON" -c "from importlib.metadata import version; print(version('$1'))"; }
mkdir -p "${RESULTS%/*}"
echo "{\"date\": \"$(date +%F)\"}" >"$RESULTS"

client curl "$(curl --version | sed -n 's/^curl \([^ ]*\).*/\1/p')"
b 200/000 'curl GET' curl_ alice 'Passw0rd!' "$ORIGIN_HTTP"
b 200/200 'curl CONNECT' curl_ alice 'Passw0rd!' "$ORIGIN_HTTPS"
b 407/000 'curl GET, wrong password' curl_ alice nope "$ORIGIN_HTTP"
b 000/407 'curl CONNECT, wrong password' curl_ alice nope "$ORIGIN_HTTPS"
b 407/000 'curl GET, unknown user' curl_ nobody 'Passw0rd!' "$ORIGIN_HTTP"
b 200/000 'curl GET, empty password' curl_ emptypw '' "$ORIGIN_HTTP"

for engine in pyspnego impacket; do
  client $engine "$(package $engine)"
  b 200 "$engine GET" raw $engine alice 'Passw0rd!' "$ORIGIN_HTTP"
  b 200 "$engine CONNECT" raw $engine alice 'Passw0rd!' "$ORIGIN_HTTPS"
  b 407 "$engine GET, wrong password" raw $engine alice nope "$ORIGIN_HTTP"
  b 407 "$engine CONNECT, wrong password" raw $engine alice nope "$ORIGIN_HTTPS"
  b 200 "$engine GET, non-ASCII name and password" raw $engine jürgen 'pässwörd€' "$ORIGIN_HTTP"
done

client requests-ntlm "$(package requests-ntlm)"
b 200 'requests-ntlm GET' requests_ alice 'Passw0rd!' "$ORIGIN_HTTP"
b 407 'requests-ntlm GET, wrong password' requests_ alice nope "$ORIGIN_HTTP"
b 200 'requests-ntlm GET, non-ASCII name and password' requests_ jürgen 'pässwörd€' "$ORIGIN_HTTP"

client Java "$("$JAVA" --version | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')"
b 200 'Java GET' java_ alice 'Passw0rd!' "$ORIGIN_HTTP"
b 200 'Java CONNECT' java_ alice 'Passw0rd!' "$ORIGIN_HTTPS"
b 407 'Java GET, wrong password' java_ alice nope "$ORIGIN_HTTP"
b 407 'Java CONNECT, wrong password' java_ alice nope "$ORIGIN_HTTPS"
b 200 'Java GET, non-ASCII name and password' java_ jürgen 'pässwörd€' "$ORIGIN_HTTP"
client_ends

# What docs/conformance.md says is what was seen just now, but for the day and the versions.
results() { sed -E '/"date"/d; s/ [0-9][0-9A-Za-z.]*//g' "$1"; }
if diff <(results "$ROOT/fixtures/peers/clients.jsonl") <(results "$RESULTS"); then P=$((P + 1)); else
  F=$((F + 1)); echo "FAIL fixtures/peers/clients.jsonl is not what was seen now: $RESULTS"
fi

echo "$P passed, $F failed"
[ $F = 0 ]
