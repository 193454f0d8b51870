//! What the engine costs: its operations as [`Figure`]s, each beside its floor, and the [`clock`] that measures them.
//!
//! The criterion benchmarks here and the program in `peers/`, which sets the same figures beside other implementations,
//! share this crate. See `README.md`.

pub mod clock;
mod decode;
mod encode;
mod figure;
pub mod floor;
mod handshake;
mod header;
pub mod messages;
mod protection;
mod report;
mod spnego;

pub use figure::{Figure, Prepared, Work, work};
pub use report::{HEAD, Measured, Weight};

/// Every figure, in the order of the table.
#[must_use]
pub fn figures() -> Vec<Figure> {
    [
        decode::figures(),
        encode::figures(),
        handshake::figures(),
        spnego::figures(),
        protection::figures(),
        header::figures(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
