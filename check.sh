#!/bin/bash
# check.sh - everything that a change has to pass besides the slow peers: what CI runs. Names each step; stops at the first failure.
# ./check.sh STEP...        only these steps
# ./check.sh fuzz MINUTES   runs the fuzz targets, two at a time, so long in all, each for the same time
# A step whose tool is missing is skipped with the reason; with GATEPASS_CI=1 that is a failure (ci/install.sh installs them all).
set -eu -o pipefail
cd "$(dirname "$0")"
export CARGO_TERM_COLOR=never

skip() {
  echo "SKIPPED $step: $*"
  [ -z "${GATEPASS_CI:-}" ] || exit 1
}

fmt() { cargo fmt --all --check; }
# With --locked: a lock file that a change has left behind is found here, that of each workspace.
clippy() { cargo clippy -q --locked --workspace --all-targets --all-features -- -D warnings; }
tests() { cargo test -q --workspace --all-features; }
doc() { RUSTDOCFLAGS='-D warnings' cargo doc -q --workspace --all-features --no-deps; }

protocol='-p gatepass-wire -p gatepass-backend -p gatepass-engine -p gatepass-http -p gatepass-spnego'

# Cargo for targets whose library is built from source, by whichever compiler has that.
build_std() {
  if [ -e /usr/bin/cargo ] && [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$@"
  elif [ -e "$(rustc +nightly --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    cargo +nightly "$@"
  else
    skip "no compiler with the sources of its library (Debian: rustc-web cargo-web rust-web-src)"
  fi
}

# The protocol crates for a target that has no operating system.
no_std() {
  build_std check -q -Zbuild-std=core,alloc --target thumbv7em-none-eabihf --target-dir target/no_std --no-default-features $protocol
}

# The tests of the protocol crates where bytes stand the other way round (s390x, emulated), and where a length that a peer
# sends is as wide as a pointer (i686; A56). Doctests do not run across targets; engine's `order` is about the compiler, not the target.
# Emulation wants some optimisation: without, the tests that try every byte take minutes.
other_targets() {
  local tool
  for tool in s390x-linux-gnu-gcc qemu-s390x i686-linux-gnu-gcc; do
    command -v $tool >/dev/null || { skip "no $tool (Debian: gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user gcc-i686-linux-gnu libc6-dev-i386-cross)"; return; }
  done
  CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0 \
    CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER=s390x-linux-gnu-gcc CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUNNER=qemu-s390x \
    CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUSTFLAGS='-C target-feature=+crt-static' \
    CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_LINKER=i686-linux-gnu-gcc \
    CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUSTFLAGS='-C target-feature=+crt-static' \
    build_std test -q -Zbuild-std=std,panic_unwind --target s390x-unknown-linux-gnu --target i686-unknown-linux-gnu \
    --target-dir target/other $protocol --lib --tests
}

# A12: the command cannot link what only tests may use, nonces of the caller's choice above all.
features() {
  local tree
  tree=$(cargo tree -q -e normal,features -p gatepass-cli)
  if grep -E 'gatepass-(engine|backend) feature "(test-nonces|legacy|contract)"' <<<"$tree"; then
    echo 'the command links a feature that only tests may use'; return 1
  fi
}

deny() {
  command -v cargo-deny >/dev/null || { skip 'no cargo-deny (cargo install --locked cargo-deny)'; return; }
  cargo deny --log-level error check bans licenses sources
}

# The fuzz targets are a workspace of their own; the benchmarks are built by clippy above.
fuzz() {
  cargo fmt --manifest-path fuzz/Cargo.toml --check
  cargo clippy -q --locked --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings
}

fuzz_for() {
  local minutes=$1 targets status=0
  targets=$(grep -c '^\[\[bin\]\]' fuzz/Cargo.toml)
  fuzz/run.sh $((minutes * 60 * 2 / targets + 1)) || status=$?
  # 3: what it needs is not there.
  if [ $status = 3 ]; then skip 'the targets did not run'; else return $status; fi
}

# What the benchmarks are compared with is a workspace of its own too, and its tests hold one of them to the contract of the joint.
peers() {
  cargo fmt --manifest-path benches/peers/Cargo.toml --check
  cargo clippy -q --locked --manifest-path benches/peers/Cargo.toml --all-targets -- -D warnings
  cargo test -q --manifest-path benches/peers/Cargo.toml
}

vectors() {
  cargo run -q -p gatepass-fixtures --bin check-vectors -- fixtures/recorded.json fixtures/public.json fixtures/malformed.json
}

# Every feature has what shows it, and the page says what the generator says now.
conformance() { cargo run -q -p gatepass-fixtures --bin conformance -- --check; }

# Rules that no lint knows.
house() {
  local found=0
  forbid() {
    local why=$1 pattern=$2; shift 2
    if git grep -nEI "$pattern" -- "$@" ':!check.sh'; then echo "house rule: $why"; found=1; fi
  }
  # A11: a proof, a MIC and a checksum are compared in constant time. Lengths may be compared.
  forbid 'compare secrets and proofs with ct_eq' \
    '\b(proof|mic|checksum|nt_proof_str|[a-z_]*(_proof|_mic|_checksum|_hash|_key|password))(\(\))?(\.as_bytes\(\)|\.as_ref\(\)|\[\.\.\])? *(==|!=)' \
    'crates/engine/src' 'crates/backend/src'
  forbid 'compare secrets and proofs with ct_eq' \
    '(==|!=) *[&*]*(self\.|expected_|computed_)?(proof|mic|checksum|nt_proof_str)\b' 'crates/engine/src' 'crates/backend/src'
  forbid 'compare secrets and proofs with ct_eq' '(\.expose\(\) *(==|!=)|(==|!=)[^;{]*\.expose\(\))' 'crates/*/src/*'
  forbid 'finish it or do not ship it' '\b(todo|unimplemented)!' '*.rs'
  forbid 'a test that does not run proves nothing' '#\[ignore' '*.rs'
  forbid '#[expect(.., reason = "..")] instead of #[allow]' '#!?\[allow\(' '*.rs'
  # crates/sspi calls secur32, crates/gssapi the Kerberos library; their own lints want a reason for each block.
  forbid 'unsafe is forbidden' '\bunsafe (fn|impl|\{)' '*.rs' ':!crates/sspi/src' ':!crates/gssapi/src'
  forbid 'no path of one machine' '(^|[^A-Za-z0-9_.-])/(home|root|mnt|srv|work)/' '.'
  local name
  for name in $(grep -oE '`[af][0-9]{2}_[a-z0-9_]+`' SECURITY.md | tr -d '\`'); do
    git grep -q "fn $name(" -- '*.rs' || { echo "SECURITY.md names a test that is not there: $name"; found=1; }
  done
  return $found
}

if [[ ${1:-} = fuzz && ${2:-} =~ ^[1-9][0-9]*$ && $# = 2 ]]; then
  echo "== fuzz for $2 minutes"
  step=fuzz
  fuzz_for "$2"
  exit
fi
steps=("$@")
[ $# -gt 0 ] || steps=(fmt house clippy tests doc no_std other_targets features deny fuzz peers vectors conformance)
for step in "${steps[@]}"; do
  echo "== $step"
  start=$SECONDS
  "$step"
  echo "== $step: $((SECONDS - start)) s"
done
echo "check.sh: ${#steps[@]} steps done"
