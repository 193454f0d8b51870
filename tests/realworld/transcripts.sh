#!/bin/bash
# tests/realworld/transcripts.sh - what is written down of conversations, against software that nobody here wrote
#
# curl through a tap before Squid, and what the tap wrote given to check-vectors; the client's side of conversations with the
# mock's personalities played against the Squids that they are like; Wireshark with the mock's keytab. Environment: that of
# RW_STATE/env.sh, and TARGET, where the built binaries are. Closes with "N passed, M failed".
set -u
export LC_ALL=C.UTF-8
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY GATEPASS_PASSWORD
GATEPASS=$TARGET/gatepass
TMP=$(mktemp -d) P=0 F=0 PID=
trap 'kill $PID 2>/dev/null; rm -rf "$TMP"' EXIT
cd "$TMP" || exit 1

# t EXPECTED NAME COMMAND...: the command's output is EXPECTED
t() {
  local expected=$1 name=$2 got; shift 2
  got=$("$@" 2>"$TMP/stderr")
  if [ "$got" = "$expected" ]; then P=$((P + 1)); else
    F=$((F + 1)); echo "FAIL $name: expected $expected, got $got ($(tail -1 "$TMP/stderr"))"
  fi
}
# serve COMMAND...: starts it; URL is where it listens, PID whom `over` ends
serve() {
  URL=
  "$@" >"$TMP/served" 2>&1 & PID=$!
  for _ in $(seq 100); do
    URL=$(sed -n 's/^listening on //p' "$TMP/served"); [ -n "$URL" ] && return
    sleep 0.1
  done
}
over() { kill -TERM $PID; wait $PID; PID=; }
# holds FILE... : which secrets are in them
holds() { grep -laF -e 'Passw0rd!' -e TlRMTVNTUAAD -e 4e544c4d5353500003 "$@"; }
A='CORP\alice:Passw0rd!'
through() { curl -s -o /dev/null -w '%{http_code}/%{http_connect}' -m 30 --cacert "$RW_CA" -x "$URL" --proxy-ntlm -U "$A" "$@"; }

# A tap before Squid, with curl as the client.
serve "$GATEPASS" tap --to "$RW_NTLM" --jsonl t.jsonl --har t.har --live --fixture tapped
t 200/000 'curl through the tap' through http://web.corp.test:18080/
t 200/200 'curl through the tap, CONNECT' through https://web.corp.test:18443/
cp "$TMP/served" live; over
t '2 passed, 0 failed, 0 skipped' 'the fixture that the tap wrote' "$TARGET/check-vectors" tapped.json
t '' 'secrets in what the tap wrote' holds t.jsonl t.har live
t 0 'the password in its fixture' grep -cF 'Passw0rd!' tapped.json
printf 'Passw0rd!' >password; chmod 600 password
serve "$GATEPASS" tap --to "$RW_NTLM" --keep-responses --fixture kept --password-file password
t 200/000 'curl through the tap that keeps responses' through http://web.corp.test:18080/
over
t '1 passed, 0 failed, 0 skipped' 'the fixture with the real password' "$TARGET/check-vectors" kept.json
# What Squid said is what Squid says.
same() { "$GATEPASS" replay "$1" --against "$2" --user 'CORP\alice' --password-file password --all | grep -v '^not sent' | sed 's/; not compared.*//'; }
t 'no difference in 4 of 4 requests' 'the tapped conversation, played to the same Squid' same t.jsonl "$RW_NTLM"

# The mock's personalities and the Squids that they are like: the same client, the same answers.
for pair in "squid-5-ntlm $RW_NTLM" "squid-5-keepalive-off $RW_KAOFF"; do
  read -r like squid <<<"$pair"
  serve "$GATEPASS" mock-proxy --like "$like" --account "$A" --jsonl "$like.jsonl"
  t 200/000 "curl through $like" through http://127.0.0.1:18080/
  t 200/200 "curl through $like, CONNECT" through -k https://127.0.0.1:18443/
  over
  t 'no difference in 4 of 4 requests' "$like, played to $squid" same "$like.jsonl" "$squid"
done

# Wireshark reads the keytab: what Samba's client and server have sealed is open to it, and without it is not.
serve "$GATEPASS" mock-proxy --account "$A" --key-log keys; over
tshark -q -i lo -f 'host 127.0.0.10' -w sealed.pcap 2>"$TMP/captured" & CAPTURE=$!
for _ in $(seq 100); do grep -q '^Capturing' "$TMP/captured" && break; sleep 0.1; done
sleep 1 # It says so before it does.
timeout 30 rpcclient 'ncacn_ip_tcp:127.0.0.10[seal,ntlm]' -U 'CORP\alice%Passw0rd!' -c enumdomains --configfile=/dev/null >"$TMP/domains" 2>&1
sleep 1
kill -INT $CAPTURE; wait $CAPTURE
t 'name:[CORP] idx:[0x0]' "rpcclient's answer" grep -oF 'name:[CORP] idx:[0x0]' "$TMP/domains"
sealed_name() { tshark -r sealed.pcap "$@" 2>/dev/null | grep -aoc 'LookupDomain request, CORP'; }
t 1 'Wireshark with the keytab reads what is sealed' sealed_name -o kerberos.decrypt:TRUE -o "kerberos.file:$TMP/keys"
t 0 'Wireshark without it does not' sealed_name

echo "$P passed, $F failed"
[ $F = 0 ]
