//! Tokens: malformed ones, those of other implementations, round trips.

mod malformed;
mod roundtrip;
mod spec;
mod vectors;
