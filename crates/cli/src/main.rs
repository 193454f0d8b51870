//! The gatepass command.

fn main() {}
