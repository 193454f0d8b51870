//! What the targets share: a second reader of every message, and two honest parties to stand in between.

pub mod naive;
pub mod parties;
pub mod tampering;
