//! Windows' own NTLM against the engine, which is nobody's but ours. Under Wine secur32 is Wine's, and the NTLM behind it
//! is Samba's; `ci/windows/README.md` says what that cannot show.
#![cfg(windows)]

mod client;
mod contract;
mod messages;
mod refusals;
mod server;
mod support;
