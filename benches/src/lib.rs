//! Benchmarks stand in `benches/`; this crate has no code of its own. See `README.md`.
