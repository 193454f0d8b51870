#!/bin/bash
# check.sh STATE_DIR - proves with curl/smbclient/ntlm_auth alone that the servers really accept and really refuse
# RW_CLIENT="gatepass fetch" check.sh STATE_DIR: the same rows with another client that takes curl's options
# RW_NOT_APPLICABLE=kerberos,basic: rows of mechanisms which that client does not speak; each is named, none is counted
set -u; export LC_ALL=C.UTF-8; . "${1:?state dir}/env.sh"; S=$RW_STATE; P=0; F=0; N=0
W=http://web.corp.test:18080/ WS=https://web.corp.test:18443/ A='CORP\alice:Passw0rd!'
t() { local exp=$1 name=$2 got; shift 2; got=$("$@" 2>/dev/null); if [ "$got" = "$exp" ]; then P=$((P+1)); else F=$((F+1)); echo "FAIL $name: expected $exp, got $got"; fi; }
# with MECHANISM t EXPECTED NAME COMMAND...: a row that needs MECHANISM
with() { case ,${RW_NOT_APPLICABLE:-}, in *,$1,*) N=$((N+1)); echo "NOT APPLICABLE $4: the client does not speak $1";; *) shift; "$@";; esac; }
c() { ${RW_CLIENT:-curl} -s -o /dev/null -w '%{http_code}/%{http_connect}' -m 20 --cacert $RW_CA --proxy-cacert $RW_CA "$@"; }
for p in $RW_NTLM $RW_KAOFF $RW_ALL $RW_REC $RW_TLSPROXY; do
  t 200/000 "$p GET" c -x $p --proxy-ntlm -U "$A" $W; t 407/000 "$p bad" c -x $p --proxy-ntlm -U 'CORP\alice:nope' $W
  t 200/200 "$p CONNECT" c -x $p --proxy-ntlm -U "$A" $WS; t 000/407 "$p CONNECT bad" c -x $p --proxy-ntlm -U 'CORP\alice:nope' $WS; done
t 200/000 longpw c -x $RW_NTLM --proxy-ntlm -U "CORP\\longpw:$RW_LONGPW" $W
t 200/000 emptypw c -x $RW_NTLM --proxy-ntlm -U 'CORP\emptypw:' $W
for u in disabled expired mustchange pwexpired; do t 407/000 $u c -x $RW_NTLM --proxy-ntlm -U "CORP\\$u:Passw0rd!" $W; done
t 200/000 legacy c -x $RW_LEGACY --proxy-ntlm -U 'LEGACYSRV\alice:Passw0rd!' $W
with basic t 200/000 'basic' c -x $RW_ALL --proxy-basic -U "$A" $W
for b in $RW_401 $RW_401S; do t 200/000 "$b" c --ntlm -u "$A" $b/; t 401/000 "$b bad" c --ntlm -u 'CORP\alice:nope' $b/; done
t 200/000 'proxy alice + origin bob' c -x $RW_NTLM --proxy-ntlm -U "$A" --ntlm -u 'CORP\bob:Bob-Passw0rd!' $RW_401/
t 200/200 'CONNECT alice + origin bob' c -x $RW_NTLM --proxy-ntlm -U "$A" --ntlm -u 'CORP\bob:Bob-Passw0rd!' $RW_401S/
export KRB5CCNAME=$S/run/check.cc; echo 'Passw0rd!' | kinit alice@CORP.TEST >/dev/null 2>&1
with kerberos t 200/000 'kerberos proxy' c -x http://localhost:13130 --proxy-negotiate -U : $W
with kerberos t 200/200 'kerberos CONNECT' c -x http://localhost:13130 --proxy-negotiate -U : $WS
for b in $RW_WEB $RW_WEBS $RW_FILE $RW_FILES; do with kerberos t 200/000 "kerberos $b" c --negotiate -u : $b/nego/; done
with kerberos t 200/000 'kerberos accel' c --negotiate -u : $RW_401NEGO/
with kerberos t 200/000 'kerberos cbt' c --negotiate -u : $RW_CBT/allow
rm -f $KRB5CCNAME
na() { $RW_NTLM_AUTH --username="$1" --domain=CORP --password="$2" 2>&1 | cut -d: -f1; }
t '' 'umlaut user' na jürgen 'pässwörd€'; t '' 'astral user' na Ωmega 'пароль😀'; t NT_STATUS_ACCOUNT_DISABLED disabled na disabled 'Passw0rd!'; t NT_STATUS_PASSWORD_EXPIRED pwexpired na pwexpired 'Passw0rd!'
smb() { smbclient "$@" -c 'get hello.txt -' 2>/dev/null | head -1; }
t 'hello from the share' 'smb ntlm' smb --configfile=$S/dc/etc/smb.conf //127.0.0.10/share -U 'CORP\alice%Passw0rd!'
t 'hello from the share' 'smb legacy' smb --configfile=$S/etc/legacy.conf -p 1445 //127.0.0.1/share -U 'LEGACYSRV\alice%Passw0rd!'
echo "$P passed, $F failed$([ $N = 0 ] || echo ", $N not applicable")"; [ $F = 0 ]
