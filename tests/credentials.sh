#!/bin/bash
# tests/credentials.sh [PROXY] - logins that nobody types: stored in real keyrings, known to git, to a command, to files
#
# Starts gnome-keyring in a D-Bus session of its own, stores logins with `gatepass login`, and fetches through PROXY, which takes
# NTLM and the account CORP\alice with Passw0rd! (default: our mock proxy, started here; tests/realworld.sh gives Squid).
# Closes with "N passed, M failed". Debian: gnome-keyring dbus libsecret-tools keyutils git python3 (ci/install.sh).
#   URL              what is fetched (default: http://origin.test/)
#   CARGO_TARGET_DIR where the built binaries are (default: target)
set -u
export LC_ALL=C.UTF-8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
GATEPASS=${CARGO_TARGET_DIR:-$ROOT/target}/debug/gatepass
if [ -z "${IN_BUS:-}" ]; then
  for tool in gnome-keyring-daemon dbus-run-session secret-tool keyctl git python3; do
    command -v $tool >/dev/null || { echo "no $tool: see ci/install.sh"; exit 1; }
  done
  [ -x "$GATEPASS" ] || (cd "$ROOT" && cargo build -q -p gatepass-cli) || exit 1
  TMP=$(mktemp -d) && mkdir -m 700 "$TMP/home" "$TMP/run" || exit 1
  trap 'rm -rf "$TMP"' EXIT
  # The bus starts a keyring daemon with its own environment, and complains about the limits of containers.
  export TMP HOME=$TMP/home XDG_RUNTIME_DIR=$TMP/run IN_BUS=1
  dbus-run-session -- "$0" "$@" 2>&1 | grep --line-buffered -v 'dbus-daemon\[\|Gtk-WARNING\|^$'
  exit "${PIPESTATUS[0]}"
fi

P=0 F=0
trap 'kill $(jobs -p) 2>/dev/null' EXIT
export GIT_CONFIG_NOSYSTEM=1
for name in http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY DISPLAY WAYLAND_DISPLAY NETRC NTLM_USER_FILE KRB5CCNAME \
  GATEPASS_USER GATEPASS_PASSWORD GATEPASS_NT_HASH GATEPASS_CREDENTIAL_COMMAND; do
  unset $name
done
export KRB5CCNAME=FILE:$TMP/no-ticket
SECRET='Passw0rd!'

pass() { P=$((P + 1)); }
fail() { F=$((F + 1)); echo "FAIL $*"; }
# says EXIT PATTERN NAME COMMAND...: the command ends with EXIT, and its output (both) matches PATTERN and holds no secret
says() {
  local code=$1 pattern=$2 name=$3 got; shift 3
  timeout 90 bash -c '"$@"' _ "$@" >"$TMP/out" 2>&1; got=$?
  if [ $got != "$code" ]; then fail "$name: exit $got, expected $code: $(tail -2 "$TMP/out")"
  elif ! grep -qE -- "$pattern" "$TMP/out"; then fail "$name: no '$pattern' in: $(tail -3 "$TMP/out")"
  elif grep -qF "$SECRET" "$TMP/out"; then fail "$name: shows the secret"
  else pass; fi
}
section() { echo "== $*"; }
log_in() { printf %s "$SECRET" | "$GATEPASS" login "$PROXY" --user 'CORP\alice' --password-stdin "$@"; }
fetch() { "$GATEPASS" fetch -v -f -s -S -m 60 -o /dev/null -x "$PROXY" "${URL:-http://origin.test/}" "$@"; }
export -f log_in fetch

if [ -n "${1:-}" ]; then PROXY=$1; else
  printf '%s\n' "CORP\\alice:$SECRET" >"$TMP/accounts" && chmod 600 "$TMP/accounts"
  "$GATEPASS" mock-proxy --accounts-file "$TMP/accounts" >"$TMP/mock" 2>&1 &
  for _ in $(seq 100); do PROXY=$(sed -n 's/^listening on //p' "$TMP/mock"); [ -n "$PROXY" ] && break; sleep 0.1; done
fi
export GATEPASS PROXY URL SECRET TMP
place=${PROXY%/}

printf 'username=CORP\\alice\npassword=%s\n' "$SECRET" >"$TMP/answer"

section 'no D-Bus session'
says 23 'start a keyring daemon in a D-Bus session' 'login without a bus' \
  env -u DBUS_SESSION_BUS_ADDRESS bash -c 'log_in --store secret-service'
says 1 'no login is known' 'whoami without a bus' env -u DBUS_SESSION_BUS_ADDRESS "$GATEPASS" whoami "$PROXY"

section 'the Secret Service (gnome-keyring)'
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
says 0 'the password of CORP\\alice for .* is stored in the Secret Service$' 'login' log_in
says 0 'CORP\\alice \(password\), from the Secret Service$' 'whoami' "$GATEPASS" whoami "$PROXY"
says 0 'CORP\\alice, from the Secret Service' 'fetch' fetch
says 0 'CORP\\alice \(password\), from the Secret Service$' 'whoami, the proxy of the environment' env http_proxy="$PROXY" "$GATEPASS" whoami
says 0 "^label = gatepass login for $place" 'other programs find it' \
  bash -c "secret-tool search service gatepass username '$place' 2>&1 | grep -v '^secret\|^password'"
says 0 'the NT hash of CORP\\alice' 'login --hash' log_in --hash
says 0 'CORP\\alice \(NT hash\), from the Secret Service$' 'the hash took the place of the password' "$GATEPASS" whoami "$PROXY"
says 0 'CORP\\alice, from the Secret Service' 'fetch with the hash' fetch
says 1 'no login is known' 'another port has no login' "$GATEPASS" whoami "http://127.0.0.1:9"
says 1 'no login is known' 'another scheme has no login' "$GATEPASS" whoami "https${PROXY#http}"
if [ -z "${1:-}" ]; then
  # A server gets what is stored for it, where a mechanism is named; the mock's origin knows the proxy's accounts.
  printf %s "$SECRET" | "$GATEPASS" login http://origin.test/ --user 'CORP\alice' --password-stdin >/dev/null 2>&1
  export URL=http://origin.test/ntlm/echo
  says 0 'login for http://origin.test.*: CORP\\alice, from the Secret Service' 'fetch from a server' fetch --ntlm
  says 22 'login for http://127' 'fetch from a server, no mechanism named' fetch
  export URL=
  "$GATEPASS" logout http://origin.test/ >/dev/null 2>&1
fi
says 0 'is removed from the Secret Service$' 'logout' "$GATEPASS" logout "$PROXY"
says 1 'no login is stored' 'logout again' "$GATEPASS" logout "$PROXY"
log_in >/dev/null
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
  org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
says 1 'the Secret Service .*unlock it' 'a locked keyring is named, with what to do' "$GATEPASS" whoami "$PROXY"
says 0 'the Secret Service .*unlock it' 'a locked keyring does not hide the next source' \
  env GATEPASS_CREDENTIAL_COMMAND="cat '$TMP/answer'" bash -c fetch

section 'the keyring of the kernel'
# Containers may forbid the calls: then there is nothing to see but a sentence that says so.
if keyctl show @u >/dev/null 2>&1; then
  says 0 "is stored in the kernel's keyring, until" 'login' log_in --store keyutils
  says 0 "CORP.alice \(password\), from the kernel's keyring" 'whoami' "$GATEPASS" whoami "$PROXY"
  says 0 "login for .*: CORP.alice, from the kernel's keyring" 'fetch' fetch
  says 0 "CORP.alice \(password\), from the kernel's keyring" 'in another session' keyctl session - "$GATEPASS" whoami "$PROXY"
  says 0 "is removed from the kernel's keyring" 'logout' "$GATEPASS" logout "$PROXY"
  says 1 'no login is known' 'whoami after logout' "$GATEPASS" whoami "$PROXY"
else
  echo 'n/a: the kernel has no keyring here (a container forbids it)'
  says 23 "the kernel's keyring" 'login says so' log_in --store keyutils
fi

section 'git, commands, files'
printf '#!/bin/sh\n[ "$1" = get ] && cat "%s"\n' "$TMP/answer" >"$TMP/helper" && chmod 700 "$TMP/helper"
git config --global credential.helper "$TMP/helper"
says 0 "CORP.alice, from git's credential helpers" "git's helper" fetch
git config --global --unset-all credential.helper
mkdir "$TMP/repository" && git init -q "$TMP/repository"
git -C "$TMP/repository" config credential.helper "!touch '$TMP/ran'; false"
says 1 'no login is known' "a repository's helper is not run" bash -c "cd '$TMP/repository' && \"\$GATEPASS\" whoami \"\$PROXY\""
[ ! -e "$TMP/ran" ] && pass || fail "the helper of a repository was run"
printf 'CORP:alice:%s\n' "$SECRET" >"$TMP/users" && chmod 600 "$TMP/users"
says 0 'CORP.alice, from NTLM_USER_FILE' 'NTLM_USER_FILE' env NTLM_USER_FILE="$TMP/users" bash -c fetch
chmod 644 "$TMP/users"
says 1 "chmod 600 $TMP/users" 'NTLM_USER_FILE that others may read' env NTLM_USER_FILE="$TMP/users" "$GATEPASS" whoami "$PROXY"
host=${place#*://}
printf 'machine %s login CORP\\alice password "%s"\n' "${host%:*}" "$SECRET" >"$HOME/.netrc" && chmod 600 "$HOME/.netrc"
says 0 'CORP.alice, from netrc' '.netrc' fetch
rm "$HOME/.netrc"
says 1 'did not answer within 30 seconds and was ended' 'a command that hangs (30 s)' \
  "$GATEPASS" whoami "$PROXY" --credential-command "echo \$\$ >'$TMP/pid'; sleep 987654 & sleep 987654"
pgrep -f 'sleep 987654' >/dev/null && fail 'something of the hanging command is left' || pass
says 1 'something else than lines of key=value' 'a command that prints garbage' "$GATEPASS" whoami "$PROXY" --credential-command 'uptime'

section 'secrets of a process'
# A process that may leave a core file says so when it ends by a signal.
says 0 '^sleep True gatepass False$' 'no core file' python3 - <<'PYTHON'
import os, resource, signal, subprocess, time
limit = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
def dumps(*command):
    child = subprocess.Popen(command, preexec_fn=limit, cwd=os.environ["TMP"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    os.kill(child.pid, signal.SIGABRT)
    _, status = os.waitpid(child.pid, 0)
    return os.WCOREDUMP(status)
try:
    sleep = dumps("sleep", "60")
except (PermissionError, subprocess.SubprocessError):
    sleep = True
print("sleep", sleep, "gatepass", dumps(os.environ["GATEPASS"], "mock-proxy"))
PYTHON
echo x >"$TMP/empty"
says 0 '^ok$' 'a password from a shell pipe' bash -c '"$GATEPASS" hash --password-file <(printf %s "$SECRET") >/dev/null 2>&1 && echo ok'

echo "$P passed, $F failed"
[ $F = 0 ]
