//! Measuring several works against each other on a machine that does other things too.

use crate::Work;
use std::time::Duration;

/// How long one turn of a work takes, about.
const TURN: Duration = Duration::from_micros(400);

/// How many turns each work has.
const ROUNDS: u32 = 250;

/// What one iteration of each of `works` takes, in nanoseconds.
///
/// The works take turns in short slices, so that whatever slows the machine down hits all of them; of the turns of one
/// work the fastest counts, which is the one that was disturbed least.
pub fn interleaved(works: &mut [&mut Box<dyn Work>]) -> Vec<f64> {
    let iterations: Vec<u64> = works.iter_mut().map(|work| fitting(&mut ***work)).collect();
    let mut fastest = vec![f64::INFINITY; works.len()];
    for _ in 0..ROUNDS {
        for ((work, count), fastest) in works.iter_mut().zip(&iterations).zip(&mut fastest) {
            let nanoseconds = work.time(*count).as_nanos() as f64 / *count as f64;
            *fastest = fastest.min(nanoseconds);
        }
    }
    fastest
}

/// How many iterations fill a turn.
fn fitting(work: &mut dyn Work) -> u64 {
    let mut count = 1;
    while work.time(count) < TURN && count < 1 << 20 {
        count *= 2;
    }
    count
}
