#![no_std]
//! NTLM messages (MS-NLMP section 2) to bytes and back.
