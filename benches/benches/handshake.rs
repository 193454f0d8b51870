//! A client's part of a handshake, from NEGOTIATE to AUTHENTICATE, and a server's.

use std::convert::Infallible;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatepass_backend::{Credentials, Request};
use gatepass_engine::crypto::ntowf_v1;
use gatepass_engine::{AwaitingAuthenticate, Client, Nonces};
use gatepass_fixtures::recorded;
use gatepass_wire::FileTime;

/// A challenge of a Samba domain controller, and an answer with a MIC.
const HANDSHAKE: &str = "pyspnego-proxy-get";

/// Randomness is not what is measured.
fn nonces() -> Nonces {
    let fill = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok::<(), Infallible>(())
    };
    Nonces::from_rng(fill, FileTime::UNIX_EPOCH).expect("it cannot fail")
}

fn handshake(c: &mut Criterion) {
    let [negotiate, challenge, authenticate] = recorded::named(HANDSHAKE).expect(HANDSHAKE);

    c.bench_function("client handshake", |b| {
        b.iter(|| {
            let credentials = Credentials::password(r"CORP\alice", "Passw0rd!");
            let request = Request::target("HTTP/proxy.corp.test");
            let (waiting, negotiate) = Client::new(credentials).with_request(request).negotiate();
            black_box(negotiate);
            waiting.challenge(black_box(&challenge), nonces()).map(black_box)
        });
    });

    let nt_hash = ntowf_v1("Passw0rd!");
    c.bench_function("server verification", |b| {
        b.iter(|| {
            AwaitingAuthenticate::resume(&negotiate, &challenge)
                .and_then(|waiting| waiting.authenticate(black_box(&authenticate)))
                .and_then(|claim| claim.verify(Some(&nt_hash)))
                .expect(HANDSHAKE)
        });
    });
}

criterion_group!(benches, handshake);
criterion_main!(benches);
