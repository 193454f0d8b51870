//! Every figure and its floor, measured by criterion.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn figures(c: &mut Criterion) {
    for mut figure in gatepass_benches::figures() {
        let mut group = c.benchmark_group(figure.name);
        if let Some(bytes) = figure.bytes {
            group.throughput(Throughput::Bytes(bytes));
        }
        group.bench_function("ours", |b| b.iter_custom(|iterations| figure.ours.time(iterations)));
        if let Some(floor) = &mut figure.floor {
            group.bench_function("floor", |b| b.iter_custom(|iterations| floor.time(iterations)));
        }
        group.finish();
    }
}

criterion_group!(benches, figures);
criterion_main!(benches);
