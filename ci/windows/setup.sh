#!/bin/bash
# ci/windows/setup.sh - makes a Debian 12 machine build and run Rust for Windows: a cross compiler, std built from its source,
# Wine, and Samba's ntlm_auth, which Wine's NTLM calls. Root (for apt-get), idempotent; nothing but Debian's packages.
#   ci/windows/setup.sh                      installs, and makes the Wine prefix ($WINEPREFIX, or one in ~/.cache)
#   eval "$(ci/windows/setup.sh env)"        WINEPREFIX and the function cargo_windows
#   cargo_windows test -p CRATE --lib --tests
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=${WINEPREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/gatepass-wine}

# /usr/bin stands first for cargo-clippy: rustup's would look for rustup's std.
if [[ ${1:-} == env ]]; then
  cat <<END
export WINEPREFIX='$prefix' WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
cargo_windows() {
  local verb=\$1; shift
  PATH=/usr/bin:\$PATH CARGO_PROFILE_DEV_DEBUG=0 RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \\
  CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \\
  CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER='$here/wine.sh' \\
  CARGO_TARGET_DIR="\${CARGO_TARGET_DIR:-target}/windows" \\
  /usr/bin/cargo "\$verb" -Zbuild-std=std,panic_unwind --target x86_64-pc-windows-gnu "\$@"
}
END
  exit
fi

packages="rustc-web cargo-web rust-web-src rust-web-clippy libstd-rust-web-dev gcc-mingw-w64-x86-64 wine64 winbind"
# shellcheck disable=SC2086  # a list of words
"$here/../packages.sh" $packages

if [ ! -d "$prefix/drive_c/windows/system32" ]; then
  mkdir -p "$prefix"
  WINEPREFIX=$prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' /usr/lib/wine/wine64 wineboot -i >/dev/null 2>&1
fi
x86_64-w64-mingw32-gcc -shared -O2 -o "$prefix/drive_c/windows/system32/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
