//! The messages that it takes to read a file ([MS-SMB2] 2.2), as bytes: requests are what stands behind the header, and of a
//! response the fields that are needed are read by their offset in the whole message, as the document counts them.

use std::ops::Range;

/// A message begins with its header ([MS-SMB2] 2.2.1.2).
pub(crate) const HEADER: usize = 64;

/// A file that the server has opened.
pub(crate) type FileId = [u8; 16];

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Negotiate = 0,
    SessionSetup = 1,
    Logoff = 2,
    TreeConnect = 3,
    Create = 5,
    Read = 8,
}

/// The dialects that sign with HMAC-SHA256 under the session key itself.
const DIALECTS: [u16; 2] = [0x0202, 0x0210];
const SIGNING_REQUIRED: u16 = 2;

/// Signing is required from this side, whatever the server wants.
pub(crate) fn negotiate() -> Vec<u8> {
    let mut body = words(&[36, DIALECTS.len() as u16, SIGNING_REQUIRED, 0]);
    // Capabilities, ClientGuid (which only SMB 3 and leases look at), ClientStartTime.
    body.extend([0; 4 + 16 + 8]);
    body.extend(words(&DIALECTS));
    body
}

pub(crate) fn session_setup(token: &[u8]) -> Vec<u8> {
    let mut body = vec![25, 0, /* Flags */ 0, SIGNING_REQUIRED as u8];
    body.extend([0; 4 + 4]); // Capabilities, Channel
    body.extend(words(&[HEADER as u16 + 24, token.len() as u16]));
    body.extend([0; 8]); // PreviousSessionId
    body.extend(token);
    body
}

pub(crate) fn logoff() -> Vec<u8> {
    words(&[4, 0])
}

/// `path` is `\\server\share`.
pub(crate) fn tree_connect(path: &str) -> Vec<u8> {
    let path = utf16(path);
    let mut body = words(&[9, 0, HEADER as u16 + 8, path.len() as u16]);
    body.extend(path);
    body
}

/// Opens the existing file `name` of the share for reading.
pub(crate) fn create(name: &str) -> Vec<u8> {
    const IMPERSONATION: u32 = 2;
    const READ_DATA_AND_ATTRIBUTES: u32 = 0x81;
    const SHARE_READ: u32 = 1;
    const OPEN: u32 = 1;
    const NON_DIRECTORY_FILE: u32 = 0x40;
    let name = utf16(name);
    let mut body = words(&[57, 0]);
    body.extend(IMPERSONATION.to_le_bytes());
    body.extend([0; 8 + 8]); // SmbCreateFlags, Reserved
    for field in [READ_DATA_AND_ATTRIBUTES, 0, SHARE_READ, OPEN, NON_DIRECTORY_FILE] {
        body.extend(field.to_le_bytes());
    }
    body.extend(words(&[HEADER as u16 + 56, name.len() as u16]));
    body.extend([0; 4 + 4]); // no create contexts
    body.extend(name);
    body
}

pub(crate) fn read(file: &FileId, offset: u64, length: u32) -> Vec<u8> {
    let mut body = words(&[49, 0]);
    body.extend(length.to_le_bytes());
    body.extend(offset.to_le_bytes());
    body.extend(file);
    // MinimumCount, Channel, RemainingBytes, ReadChannelInfo, and the buffer's one byte.
    body.extend([0; 4 + 4 + 4 + 4 + 1]);
    body
}

/// DialectRevision of a negotiate response.
pub(crate) fn dialect(response: &[u8]) -> Option<u16> {
    word(response, HEADER + 4).filter(|dialect| DIALECTS.contains(dialect))
}

/// The token that a negotiate response has.
pub(crate) fn negotiate_token(response: &[u8]) -> Option<&[u8]> {
    buffer(response, word(response, HEADER + 56)?, word(response, HEADER + 58)?.into())
}

/// The token that a session setup response has.
pub(crate) fn session_token(response: &[u8]) -> Option<&[u8]> {
    buffer(response, word(response, HEADER + 4)?, word(response, HEADER + 6)?.into())
}

/// Whether a session setup response lets in somebody else than who asked: a guest, or nobody.
pub(crate) fn is_guest_or_null(response: &[u8]) -> Option<bool> {
    Some(word(response, HEADER + 2)? & 3 != 0)
}

pub(crate) fn file_id(response: &[u8]) -> Option<FileId> {
    array(response, HEADER + 64)
}

/// What was read.
pub(crate) fn data(response: &[u8]) -> Option<&[u8]> {
    let offset = u16::from(*response.get(HEADER + 2)?);
    buffer(response, offset, u32::from_le_bytes(array(response, HEADER + 4)?))
}

/// The `N` bytes at `offset`, if the message has them.
pub(crate) fn array<const N: usize>(message: &[u8], offset: usize) -> Option<[u8; N]> {
    message.get(offset..)?.first_chunk().copied()
}

fn word(message: &[u8], offset: usize) -> Option<u16> {
    array(message, offset).map(u16::from_le_bytes)
}

fn buffer(message: &[u8], offset: u16, length: u32) -> Option<&[u8]> {
    let start = usize::from(offset);
    let range: Range<usize> = start..start.checked_add(usize::try_from(length).ok()?)?;
    message.get(range)
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
