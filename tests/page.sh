#!/bin/bash
# tests/page.sh - the web page of the mock proxy in a headless Chromium: watched, hovered, switched, by mouse and by keyboard
#
# Closes with "N passed, M failed"; screenshots go to target/screenshots. The browser's driver is installed (tests/page/requirements.txt)
# into a virtual environment of this run.
#   GATEPASS=PATH      the command (default: target/debug/gatepass)
#   PAGE_PYTHON=PATH   a Python that has tests/page/requirements.txt already
set -u
export LC_ALL=C.UTF-8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
TMP=$(mktemp -d) MOCK_PID=
trap '[ -z "$MOCK_PID" ] || kill "$MOCK_PID" 2>/dev/null; rm -rf "$TMP"' EXIT
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

for tool in chromium chromedriver curl python3; do
  command -v "$tool" >/dev/null || { echo "missing: $tool (ci/install.sh installs it)"; exit 1; }
done
if [ -z "${PAGE_PYTHON:-}" ]; then
  PAGE_PYTHON=$TMP/venv/bin/python
  pip() { "$TMP/venv/bin/pip" -q --disable-pip-version-check install "$@"; }
  python3 -m venv "$TMP/venv" && pip "$(grep ^selenium "$ROOT/tests/page/requirements.txt")" &&
    pip --no-deps "$(grep ^axe "$ROOT/tests/page/requirements.txt")" || exit 1
fi
AXE=$("$PAGE_PYTHON" -c 'import importlib.util, pathlib
print(pathlib.Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js")') || exit 1

[ -n "${GATEPASS:-}" ] || { (cd "$ROOT" && cargo build -q -p gatepass-cli) && GATEPASS=$TARGET/debug/gatepass; } || exit 1
cat >"$TMP/script.toml" <<'SCRIPT'
# Who may log in, beside the account of the command line.
[[account]]
user = 'CORP\bob'
password = "hunter2"
SCRIPT
"$GATEPASS" mock-proxy --account 'CORP\alice:Passw0rd!' --ca-file "$TMP/ca.pem" --script "$TMP/script.toml" --page \
  >"$TMP/out" 2>"$TMP/err" &
MOCK_PID=$!
for _ in $(seq 100); do grep -q '^page at ' "$TMP/out" && break; sleep 0.1; done
PROXY=$(sed -n 's,^listening on ,,p' "$TMP/out") PAGE=$(sed -n 's,^page at ,,p' "$TMP/out")
[ -n "$PAGE" ] || { echo 'the mock proxy did not come up:'; cat "$TMP/out" "$TMP/err"; exit 1; }

timeout 300 "$PAGE_PYTHON" "$ROOT/tests/page/page.py" "$PROXY" "$PAGE" "$TMP/ca.pem" "$TARGET/screenshots" "$AXE" "$MOCK_PID"
