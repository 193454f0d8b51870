//! What was measured, as a line of JSON and as a line of the table.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A figure beside one peer, or beside none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The name of the figure.
    pub name: String,
    /// Nanoseconds that the operation takes.
    pub ours_ns: f64,
    /// The other implementation, with its version.
    pub peer: Option<String>,
    /// Nanoseconds that it takes there.
    pub peer_ns: Option<f64>,
    /// Nanoseconds that its cryptography alone takes.
    pub floor_ns: Option<f64>,
    /// Heap allocations of one of our operations.
    pub allocs: Option<u64>,
    /// Bytes that are protected, where that is what the operation does.
    pub bytes: Option<u64>,
}

/// What it takes to build an implementation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weight {
    /// `weight/packages` or `weight/build`.
    pub name: String,
    /// `packages`, or `seconds`.
    pub unit: String,
    /// How much `gatepass-engine` weighs.
    pub ours: f64,
    /// The other implementation, with its version.
    pub peer: String,
    /// How much it weighs.
    pub peer_value: f64,
}

/// The head of the table.
pub const HEAD: &str = "\
| operation | ours | floor | ours / floor | peer | peer's | peer's / ours | allocations |
|---|--:|--:|--:|---|--:|--:|--:|";

impl Measured {
    /// The line of the table.
    #[must_use]
    pub fn row(&self) -> String {
        let mut row = format!("| {} | {} | ", self.name, time(self.ours_ns));
        let floor = self.floor_ns.map(|floor| (time(floor), format!("{:.2}", self.ours_ns / floor)));
        let peer = self.peer_ns.map(|peer| (time(peer), format!("{:.2}", peer / self.ours_ns)));
        let (floor, above) = floor.unwrap_or_default();
        let (peer_time, faster) = peer.unwrap_or_default();
        let peer = self.peer.as_deref().unwrap_or_default();
        let allocs = self.allocs.map(|count| count.to_string()).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(row, "{floor} | {above} | {peer} | {peer_time} | {faster} | {allocs} |");
        row
    }
}

impl Weight {
    /// The line of the second table.
    #[must_use]
    pub fn row(&self) -> String {
        let digits = if self.unit == "packages" { 0 } else { 1 };
        let Self { name, unit, ours, peer, peer_value } = self;
        format!("| {name} | {ours:.digits$} {unit} | {peer} | {peer_value:.digits$} {unit} |")
    }
}

/// Nanoseconds with three digits that mean something.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..100.0 => format!("{nanoseconds:.1} ns"),
        ..1000.0 => format!("{nanoseconds:.0} ns"),
        ..10_000.0 => format!("{:.2} µs", nanoseconds / 1000.0),
        _ => format!("{:.1} µs", nanoseconds / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_ratios_that_the_figures_give() {
        let measured = Measured {
            name: "client".into(),
            ours_ns: 3000.0,
            peer: Some("peer 1".into()),
            peer_ns: Some(12_000.0),
            floor_ns: Some(2500.0),
            allocs: Some(4),
            bytes: None,
        };
        assert_eq!(measured.row(), "| client | 3.00 µs | 2.50 µs | 1.20 | peer 1 | 12.0 µs | 4.00 | 4 |");
        let alone =
            Measured { peer: None, peer_ns: None, floor_ns: None, allocs: None, ours_ns: 45.0, ..measured };
        assert_eq!(alone.row(), "| client | 45.0 ns |  |  |  |  |  |  |");
        assert_eq!(
            HEAD.lines().next().map(|head| head.matches('|').count()),
            Some(alone.row().matches('|').count())
        );
    }
}
