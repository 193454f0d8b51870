//! A figure: an operation, its floor, and how both are run.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Something that can be measured.
pub trait Work {
    /// How long `iterations` take, without their preparation.
    fn time(&mut self, iterations: u64) -> Duration;

    /// One iteration, called by `around`, which may count what it does.
    fn once(&mut self, around: &mut dyn FnMut(&mut dyn FnMut()));
}

/// An operation whose input is prepared outside the measurement.
#[derive(Debug)]
pub struct Prepared<P, R> {
    prepare: P,
    run: R,
    /// How many inputs are prepared ahead, so that reading the clock weighs little and the inputs still fit a cache.
    ahead: u64,
}

/// The operation `run` over what `prepare` makes, `ahead` inputs at a time. Its output is dropped inside the measurement.
pub fn work<I, O>(ahead: u64, prepare: impl FnMut() -> I, run: impl FnMut(I) -> O) -> impl Work {
    Prepared { prepare, run, ahead: ahead.max(1) }
}

impl<I, O, P: FnMut() -> I, R: FnMut(I) -> O> Work for Prepared<P, R> {
    fn time(&mut self, iterations: u64) -> Duration {
        let (mut left, mut total) = (iterations, Duration::ZERO);
        while left > 0 {
            let count = left.min(self.ahead);
            let inputs: Vec<I> = (0..count).map(|_| (self.prepare)()).collect();
            let start = Instant::now();
            for input in inputs {
                black_box((self.run)(black_box(input)));
            }
            total += start.elapsed();
            left -= count;
        }
        total
    }

    fn once(&mut self, around: &mut dyn FnMut(&mut dyn FnMut())) {
        let mut input = Some((self.prepare)());
        around(&mut || {
            if let Some(input) = input.take() {
                black_box((self.run)(input));
            }
        });
    }
}

/// One line of the table.
pub struct Figure {
    /// `group/operation`.
    pub name: &'static str,
    /// The operation.
    pub ours: Box<dyn Work>,
    /// The cryptography of the operation alone, on fixed bytes; `None` where there is none in it.
    pub floor: Option<Box<dyn Work>>,
    /// The bytes it protects, where it is a matter of throughput.
    pub bytes: Option<u64>,
}

impl Figure {
    pub(crate) fn new(name: &'static str, ours: impl Work + 'static) -> Self {
        Self { name, ours: Box::new(ours), floor: None, bytes: None }
    }

    pub(crate) fn over(mut self, floor: impl Work + 'static) -> Self {
        self.floor = Some(Box::new(floor));
        self
    }

    pub(crate) fn of_bytes(mut self, bytes: usize) -> Self {
        self.bytes = u64::try_from(bytes).ok();
        self
    }
}

impl std::fmt::Debug for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Figure").field("name", &self.name).finish_non_exhaustive()
    }
}
