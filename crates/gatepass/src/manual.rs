//! The manual: what NTLM is, how to use it here, how to make the best of it, and how to be rid of it.
//!
//! | page | the question |
//! |---|---|
//! | [`how_ntlm_works`] | what goes over the wire, and what does it prove? |
//! | [`choosing_a_backend`] | Kerberos, SSPI or our own engine: which, when, and who decides? |
//! | [`credentials`] | where does the login come from, and where is it kept? |
//! | [`hardening`] | what can a client and a server demand, and against what does it help? |
//! | [`leaving_ntlm`] | why is NTLM weak, and what are the steps away from it? |
//!
//! Every program in it is compiled and run by the tests. The [front page](crate) has the shortest ones: a handshake by hand,
//! with any backend, and as a server. An HTTP client that does all of it is `gatepass_client`, a proxy to test against
//! `gatepass_mock_proxy`; each begins its documentation with a program of ten lines.

#[doc = include_str!("manual/how_ntlm_works.md")]
pub mod how_ntlm_works {}

#[doc = include_str!("manual/choosing_a_backend.md")]
pub mod choosing_a_backend {}

#[doc = include_str!("manual/credentials.md")]
pub mod credentials {}

#[doc = include_str!("manual/hardening.md")]
pub mod hardening {}

#[doc = include_str!("manual/leaving_ntlm.md")]
pub mod leaving_ntlm {}
