#!/bin/bash
# tests/clients.sh - what other people's HTTP clients do in the battery of gatepass check-client, measured, into docs/clients.md
#
# Runs every recipe whose client is there (curl, wget, Java 17, Node, Go, Python's of tests/clients/requirements.txt), and writes the
# tables of docs/clients.md anew: versions, date, verdicts, reasons. With the real domain (RW_STATE, see ci/realworld) it runs the cases that both
# can show against Squid too, and writes down where the two differ.
#   CHECK_CLIENT=CMD       default: target/debug/gatepass check-client
#   CLIENTS_PYTHON=PATH    a Python that has tests/clients/requirements.txt already
#   NODE_PATH=DIR          where undici is installed already
#   CLIENTS="curl wget"    only these
#   CLIENTS_OUT=DIR        where the reports stay; the tables have all that are there, so that one client can be measured anew
set -u
export LC_ALL=C.UTF-8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
if [ -n "${CLIENTS_OUT:-}" ]; then
  OUT=$CLIENTS_OUT && mkdir -p "$OUT" || exit 1
else
  OUT=$(mktemp -d) && trap 'rm -rf "$OUT"' EXIT
fi
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

[ -n "${CHECK_CLIENT:-}" ] || (cd "$ROOT" && cargo build -q -p gatepass-cli) || exit 1
CHECK_CLIENT=${CHECK_CLIENT:-${CARGO_TARGET_DIR:-$ROOT/target}/debug/gatepass check-client}
if [ -z "${CLIENTS_PYTHON:-}" ]; then
  python3 -m venv "$OUT/venv" && "$OUT/venv/bin/pip" -q --disable-pip-version-check install -r "$ROOT/tests/clients/requirements.txt" || exit 1
  CLIENTS_PYTHON=$OUT/venv/bin/python
fi
if [ -z "${NODE_PATH:-}" ] && command -v npm >/dev/null; then
  npm install --silent --no-audit --no-fund --prefix "$OUT/node" undici@7.30.2 && export NODE_PATH=$OUT/node/node_modules
fi
# Java 17 by name: a machine may have several.
JAVA=$(ls -d /usr/lib/jvm/java-17-openjdk-*/bin 2>/dev/null | head -1)
PATH=$(dirname "$CLIENTS_PYTHON"):${JAVA:+$JAVA:}$PATH

needs() { case $1 in gatepass) echo true;; curl*) echo curl;; node-undici) echo node;; java) echo javac;; go) echo go;; wget) echo wget;; *) echo python3;; esac; }
for client in ${CLIENTS:-gatepass curl curl-anyauth wget requests httpx pyspnego java aiohttp urllib3 node-undici go}; do
  command -v "$(needs "$client")" >/dev/null || { echo "$client: not here"; continue; }
  $CHECK_CLIENT --recipe "$client" --json >"$OUT/$client.json" 2>"$OUT/stderr"
  if [ ! -s "$OUT/$client.json" ]; then
    echo "$client: $(tail -1 "$OUT/stderr")"
    rm -f "$OUT/$client.json"
    continue
  fi
  if [ -n "${RW_STATE:-}" ]; then
    # shellcheck disable=SC1091
    (. "$RW_STATE/env.sh" && python3 "$ROOT/tests/clients/squid.py" "$ROOT" "$OUT/$client.json" "$OUT/$client.squid" "${CHECK_CLIENT%% *}") ||
      echo "$client: not against Squid"
  fi
done
python3 "$ROOT/tests/clients/table.py" "$ROOT/docs/clients.md" "$OUT"
