#!/bin/bash
# ci/install.sh - what check.sh and the tests at the root need beyond the Rust toolchain. Debian 12, root, idempotent.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# rustc-web, cargo-web, rust-web-src: a compiler with its library's sources, for the no_std build (check.sh). The cross compilers and
# qemu-user: for its tests on other targets.
packages="rustc-web cargo-web rust-web-src libstd-rust-web-dev gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user
  gcc-i686-linux-gnu libc6-dev-i386-cross openjdk-17-jdk-headless python3-venv curl chromium chromium-driver fonts-dejavu-core"
# tests/credentials.sh: keyrings, and who else reads them.
packages="$packages gnome-keyring dbus libsecret-tools keyutils git python3"
# tests/realworld/transcripts.sh.
packages="$packages tshark"
# shellcheck disable=SC2086  # a list of words
"$here/packages.sh" $packages
"$here/realworld/up.sh" /tmp/unused --install-only
"$here/windows/setup.sh"

for tool in cargo-deny@0.20.2 cargo-fuzz@0.13.2; do
  command -v "${tool%@*}" >/dev/null || cargo install --quiet --locked --debug "$tool"
done

# For the fuzz targets; fuzz/run.sh does with the stable compiler where this one cannot be had.
cargo +nightly --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal --no-self-update ||
  echo 'ci/install.sh: no nightly toolchain' >&2
