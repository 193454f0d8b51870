//! The command as it is built, run like a user runs it.

mod decode;
mod demo;
mod exit_codes;
mod fetch;
mod hash;
mod mock_proxy;
mod peer;
mod redirects;
mod secrets;
mod support;
