#![no_std]
//! The 401/407 dance without I/O: challenge grammar, client and server.
