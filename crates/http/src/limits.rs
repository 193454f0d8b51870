//! The bounds of the dance, in one place.
//!
//! Those of this crate are enforced here. Those that need a socket ([`MAX_HEAD`], [`MAX_FIELDS`], [`MAX_DRAIN`],
//! [`MAX_INFORMATIONAL`]) are named here, so that client and server agree on them, and are enforced by whoever reads.

/// The longest token that is taken from a peer, in base64 characters: 64 KiB, which is 48 KiB of token. Windows' largest
/// Kerberos token (`MaxTokenSize`, 48,000 bytes) fits.
pub const MAX_TOKEN: usize = 64 * 1024;

/// The longest head of a message, in bytes, that a reader should take: start line and fields.
pub const MAX_HEAD: usize = 128 * 1024;

/// The most field lines in a head that a reader should take.
pub const MAX_FIELDS: usize = 128;

/// How many bytes of a 401's or 407's body are read in order to keep its connection. Past that, giving the connection up
/// is cheaper.
pub const MAX_DRAIN: usize = 64 * 1024;

/// The most messages that one side sends for its handshakes on one connection: the request without credentials, a list of
/// mechanisms of which the first is not taken, NEGOTIATE, AUTHENTICATE, and the checksum of the list (RFC 4178). NTLM alone
/// takes three of them.
pub const MAX_LEGS: u8 = 5;

/// The most connections that one request may use up: the one it came on, and one more.
pub const MAX_CONNECTIONS: u8 = 2;

/// The most informational (1xx) responses to one request that a reader should take.
pub const MAX_INFORMATIONAL: usize = 20;

/// The most distinct scheme names that are remembered of a peer's offer, for the texts of errors.
pub(crate) const MAX_OFFERED: usize = 16;
