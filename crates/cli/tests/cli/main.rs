//! The command as it is built, run like a user runs it.

mod decode;
mod hash;
mod support;
