#!/bin/bash
# fuzz/run-short.sh SECONDS [TARGET...] - seeds the corpus from fixtures/ and runs each target for so long.
# Needs the nightly toolchain and cargo-fuzz; closes with "N passed, M failed".
set -u
cd "$(dirname "$0")/.."
seconds=$1; shift
python3 fuzz/seeds.py
passed=0 failed=0
for target in ${*:-$(cargo +nightly fuzz list)}; do
  echo "== $target"
  if cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 >"fuzz/$target.log" 2>&1; then
    passed=$((passed + 1)); grep -E 'number_of_executed_units' "fuzz/$target.log"
  else
    failed=$((failed + 1)); tail -40 "fuzz/$target.log"
  fi
  rm -f "fuzz/$target.log"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
