#!/bin/bash
# ci/packages.sh NAME... - installs those of these Debian packages that are not there. Root, idempotent.
set -eu
export DEBIAN_FRONTEND=noninteractive
missing=
for package; do
  dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  apt-get -qq update
  # shellcheck disable=SC2086  # a list of words
  apt-get -qq -y -o DPkg::Lock::Timeout=600 install --no-install-recommends $missing >/dev/null
fi
