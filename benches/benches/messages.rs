//! Decoding of the three messages of a recorded handshake, and encoding them again.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatepass_fixtures::recorded;
use gatepass_wire::{Authenticate, Challenge, Message, Negotiate};

/// NTLMv2 with a MIC, a version and six AV pairs.
const HANDSHAKE: &str = "pyspnego-proxy-get";

fn messages(c: &mut Criterion) {
    let [negotiate, challenge, authenticate] = recorded::named(HANDSHAKE).expect(HANDSHAKE);

    let mut group = c.benchmark_group("decode");
    group.bench_function("negotiate", |b| b.iter(|| Negotiate::decode(black_box(&negotiate)).map(black_box)));
    group.bench_function("challenge", |b| b.iter(|| Challenge::decode(black_box(&challenge)).map(black_box)));
    group.bench_function("authenticate", |b| {
        b.iter(|| Authenticate::decode(black_box(&authenticate)).map(black_box))
    });
    group.bench_function("authenticate, with its response checked", |b| {
        b.iter(|| {
            Authenticate::decode(black_box(&authenticate)).and_then(|message| message.check().map(black_box))
        })
    });
    group.finish();

    let mut group = c.benchmark_group("encode");
    let message = Challenge::decode(&challenge).expect(HANDSHAKE);
    group.bench_function("challenge", |b| b.iter(|| black_box(&message).encode()));
    let message = Authenticate::decode(&authenticate).expect(HANDSHAKE);
    group.bench_function("authenticate", |b| b.iter(|| black_box(&message).encode()));
    group.finish();
}

criterion_group!(benches, messages);
criterion_main!(benches);
