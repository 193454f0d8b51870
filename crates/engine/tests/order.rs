//! A32: what comes out of order does not compile. Each file of `order/` is a program that would take a step twice, skip one, or
//! go on after an error. The texts beside them are those of rustc 1.95; `TRYBUILD=overwrite cargo test -p
//! gatepass-engine --features compile-fail-tests --test order` renews them, and then they want to be read: what must not change
//! is the error, not its notes.

#[test]
fn a32_wrong_order_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/order/*.rs");
}
