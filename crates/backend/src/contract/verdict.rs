//! How a case ends, and how it says why.

use crate::Error;
use alloc::{format, string::String};
use core::error::Error as _;

/// Why a case stopped before it had passed.
#[derive(Debug)]
pub(super) enum Stop {
    /// The pair broke the contract.
    Failed(String),
    /// The pair said that it has nothing to be tested with.
    NotApplicable(String),
}

pub(super) type Verdict = Result<(), Stop>;

pub(super) fn failed(why: impl Into<String>) -> Stop {
    Stop::Failed(why.into())
}

pub(super) fn not_applicable(why: impl Into<String>) -> Stop {
    Stop::NotApplicable(why.into())
}

/// Stops with `why` unless `holds`.
pub(super) fn must(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(failed(why())) }
}

/// What `result` holds; an error stops the case, with what was being done.
pub(super) fn works<T>(result: Result<T, Error>, what: &str) -> Result<T, Stop> {
    result.map_err(|error| failed(format!("{what}: {}", describe(&error))))
}

/// An error, its kind and its causes.
pub(super) fn describe(error: &Error) -> String {
    let mut text = format!("{:?}: {error}", error.kind());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
