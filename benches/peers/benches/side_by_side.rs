//! Every figure with its floor and its peers, measured by criterion.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn figures(c: &mut Criterion) {
    let mut contestants = gatepass_benches_peers::contestants();
    for mut figure in gatepass_benches::figures() {
        let mut group = c.benchmark_group(figure.name);
        if let Some(bytes) = figure.bytes {
            group.throughput(Throughput::Bytes(bytes));
        }
        group.bench_function("ours", |b| b.iter_custom(|iterations| figure.ours.time(iterations)));
        if let Some(floor) = &mut figure.floor {
            group.bench_function("floor", |b| b.iter_custom(|iterations| floor.time(iterations)));
        }
        for contestant in contestants.iter_mut().filter(|one| one.figure == figure.name) {
            group.bench_function(contestant.peer, |b| {
                b.iter_custom(|iterations| contestant.work.time(iterations))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, figures);
criterion_main!(benches);
