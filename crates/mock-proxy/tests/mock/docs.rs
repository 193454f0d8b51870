//! The tables of docs/mock-proxy.md are made from the lists that the program prints.

use gatepass_mock_proxy::{Fault, Personality, Place, TokenFault};
use std::fmt::Write as _;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mock-proxy.md");

fn personalities() -> String {
    let mut table =
        String::from("| name | what it is | it rests on | where it differs |\n|---|---|---|---|\n");
    for one in Personality::all().unwrap() {
        let side = if one.side == Place::Origin { " (an origin)" } else { "" };
        let differs = if one.deviations.is_empty() { "–".to_owned() } else { one.deviations.join("; ") };
        writeln!(table, "| `{}` | {}{side} | {} | {differs} |", one.name, one.sentence, one.rests_on)
            .unwrap();
    }
    table
}

fn faults() -> String {
    let mut table = String::from("| fault | legs | what it does |\n|---|---|---|\n");
    for kind in Fault::KINDS {
        let legs: Vec<_> = kind.legs.iter().map(ToString::to_string).collect();
        writeln!(table, "| `{}` | {} | {} |", kind.example, legs.join(", "), kind.sentence).unwrap();
    }
    writeln!(table, "\nKinds of token fault: `{}`.", TokenFault::NAMES.join("`, `")).unwrap();
    table
}

#[test]
fn the_tables_of_the_guide_are_those_of_the_program() {
    let text = std::fs::read_to_string(PATH).unwrap();
    let mut wanted = text.clone();
    for (name, table) in [("personalities", personalities()), ("faults", faults())] {
        let begin =
            format!("<!-- {name}: made by the test the_tables_of_the_guide_are_those_of_the_program -->\n");
        let (before, rest) = wanted.split_once(&begin).unwrap_or_else(|| panic!("no place for {name}"));
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        wanted = format!("{before}{begin}{table}<!-- end -->{after}");
    }
    // Whoever has changed the lists: GATEPASS_WRITE=1 cargo test -p gatepass-mock-proxy
    if std::env::var_os("GATEPASS_WRITE").is_some() {
        std::fs::write(PATH, &wanted).unwrap();
    } else {
        assert!(
            text == wanted,
            "docs/mock-proxy.md is not what the program says: GATEPASS_WRITE=1 cargo test -p gatepass-mock-proxy"
        );
    }
}
