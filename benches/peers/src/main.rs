//! Measures ours and the peers' in turns, in this one process, and prints a line of JSON for each pair.
//!
//! `gatepass-benches-peers [FIGURE]...` measures the figures whose names contain one of the words.

use gatepass_benches::{Measured, clock};
use std::process::ExitCode;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    let mut contestants = gatepass_benches_peers::contestants();
    let mut any = false;
    for mut figure in gatepass_benches::figures().into_iter().filter(|figure| chosen(figure.name)) {
        any = true;
        let mut peers: Vec<_> = contestants.extract_if(.., |one| one.figure == figure.name).collect();
        let mut works = vec![&mut figure.ours];
        works.extend(peers.iter_mut().map(|peer| &mut peer.work));
        works.extend(&mut figure.floor);
        let times = clock::interleaved(&mut works);
        let floor_ns = figure.floor.as_ref().and(times.last().copied());
        let measured = Measured {
            name: figure.name.into(),
            ours_ns: times[0],
            peer: None,
            peer_ns: None,
            floor_ns,
            allocs: None,
            bytes: figure.bytes,
        };
        let beside = peers.iter().zip(&times[1..]).map(|(peer, time)| Measured {
            peer: Some(peer.peer.into()),
            peer_ns: Some(*time),
            ..measured.clone()
        });
        let mut lines: Vec<Measured> = beside.collect();
        if lines.is_empty() {
            lines.push(measured);
        }
        for line in lines {
            match serde_json::to_string(&line) {
                Ok(line) => println!("{line}"),
                Err(error) => {
                    eprintln!("{}: {error}", figure.name);
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    if any {
        ExitCode::SUCCESS
    } else {
        eprintln!("no figure has a name that contains {}", wanted.join(" or "));
        ExitCode::FAILURE
    }
}
