//! The client against scripted peers. One program, so that what the tests share is compiled once.

mod blocking;
mod faults;
mod legs;
mod mock;
mod mock_faults;
mod plain;
mod security;
mod support;
