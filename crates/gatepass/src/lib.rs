//! The front door: NTLM for programs behind a corporate proxy.
