#![no_std]
//! The joint.
