#![no_std]
//! MS-NLMP in pure Rust: client, server, session keys, signing and sealing.
