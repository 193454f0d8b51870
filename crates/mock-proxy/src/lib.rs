//! A 401/407 peer to test HTTP clients against.
