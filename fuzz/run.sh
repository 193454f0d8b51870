#!/bin/bash
# fuzz/run.sh SECONDS [TARGET...] - runs each target for so long, two at a time, from the seeds in fixtures/ and the kept corpus.
# fuzz/run.sh --keep               - reduces what the runs found to the inputs that reach something new, and keeps those in fuzz/kept.
# Needs cargo-fuzz and a compiler with sanitizers and unstable options. Closes with "N passed, M failed".
set -u
cd "$(dirname "$0")/.."

# The nightly compiler, or the stable one asked to take unstable options for once: both come with the sanitizers' libraries.
if cargo +nightly --version >/dev/null 2>&1; then
  cargo="cargo +nightly"
elif ls "$(rustc --print sysroot)"/lib/rustlib/*/lib/librustc-*_rt.asan.a >/dev/null 2>&1; then
  export RUSTC_BOOTSTRAP=1
  cargo="cargo"
else
  echo 'fuzz/run.sh: no nightly toolchain (rustup toolchain install nightly --profile minimal), and the other has no sanitizers' >&2
  exit 3
fi
$cargo fuzz --version >/dev/null 2>&1 || { echo 'fuzz/run.sh: no cargo-fuzz (cargo install --locked cargo-fuzz)' >&2; exit 3; }

seconds=${1:?seconds, or --keep}; shift
targets=${*:-$($cargo fuzz list)}
$cargo fuzz build || exit 1

if [ "$seconds" = --keep ]; then
  mkdir -p fuzz/kept
  for target in $targets; do
    $cargo fuzz cmin "$target" >/dev/null 2>&1 || { echo "fuzz/run.sh: cmin failed for $target" >&2; exit 1; }
    # The same inputs make the same bytes.
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "fuzz/corpus/$target" -cf - . | xz -9e >"fuzz/kept/$target.tar.xz"
  done
  exit
fi

python3 fuzz/seeds.py || exit 1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run() {
  $cargo fuzz run "$1" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
    >"$logs/$1" 2>&1
  echo $? >"$logs/$1.status"
}
running=0
for target in $targets; do
  [ $running -lt 2 ] || { wait -n; running=$((running - 1)); }
  run "$target" &
  running=$((running + 1))
done
wait

passed=0 failed=0
for target in $targets; do
  echo "== $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target") inputs"
  if [ "$(cat "$logs/$target.status")" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)); tail -60 "$logs/$target"
  fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
