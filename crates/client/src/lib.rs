//! An HTTP client that passes NTLM proxies and origins.
