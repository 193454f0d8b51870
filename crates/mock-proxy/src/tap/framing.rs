//! Where a body ends (RFC 9112 section 6.3), seen from outside.

/// The longest line with the size of a chunk, or of a trailer, that is followed.
const MAX_LINE: usize = 16 * 1024;

/// A body on its way.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// It comes in chunks.
    Chunked(Chunk),
    /// It goes on until the connection ends, or nobody can tell how long.
    Rest,
}

/// Where in the chunks it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In the line that says how long the next one is.
    Size(Vec<u8>),
    /// In a chunk, with so many bytes to come.
    Data(u64),
    /// Behind a chunk, where so many bytes of a line end are to come.
    Behind(u8),
    /// In a line of the trailer, of which so many bytes came.
    Trailer(usize),
}

/// What was taken from some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// How many bytes belong to the body, with its framing.
    pub(super) bytes: usize,
    /// How many of them are content.
    pub(super) content: u64,
    /// Whether it is over.
    pub(super) over: bool,
}

impl Framing {
    /// Before the first chunk.
    pub(super) const fn chunked() -> Self {
        Self::Chunked(Chunk::Size(Vec::new()))
    }

    /// Takes what belongs to the body from the front of `bytes`.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Taken {
        match self {
            Self::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left = left.saturating_sub(count as u64);
                Taken { bytes: count, content: count as u64, over: *left == 0 }
            }
            Self::Rest => Taken { bytes: bytes.len(), content: bytes.len() as u64, over: false },
            Self::Chunked(_) => self.take_chunks(bytes),
        }
    }

    fn take_chunks(&mut self, bytes: &[u8]) -> Taken {
        let mut taken = Taken { bytes: 0, content: 0, over: false };
        while let (Self::Chunked(chunk), Some(rest)) = (&mut *self, bytes.get(taken.bytes..))
            && !rest.is_empty()
            && !taken.over
        {
            match chunk {
                Chunk::Data(left) => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left = left.saturating_sub(count as u64);
                    taken.bytes += count;
                    taken.content += count as u64;
                    if *left == 0 {
                        *chunk = Chunk::Behind(2);
                    }
                }
                _ => {
                    taken.bytes += 1;
                    match chunk.step(rest[0]) {
                        Some(true) => taken.over = true,
                        Some(false) => {}
                        None => *self = Self::Rest,
                    }
                }
            }
        }
        taken
    }
}

impl Chunk {
    /// Takes a byte of the framing. Whether the body is over with it; `None` where that makes no sense.
    fn step(&mut self, byte: u8) -> Option<bool> {
        match self {
            Self::Size(line) if byte != b'\n' => {
                line.push(byte);
                (line.len() <= MAX_LINE).then_some(false)
            }
            Self::Size(line) => {
                let digits = line.split(|byte| matches!(byte, b';' | b'\r' | b' ' | b'\t')).next();
                let digits = std::str::from_utf8(digits.unwrap_or_default()).ok()?;
                *self = match u64::from_str_radix(digits, 16).ok()? {
                    0 => Self::Trailer(0),
                    size => Self::Data(size),
                };
                Some(false)
            }
            Self::Behind(2) if byte == b'\r' => {
                *self = Self::Behind(1);
                Some(false)
            }
            Self::Behind(_) => {
                *self = Self::Size(Vec::new());
                (byte == b'\n').then_some(false)
            }
            Self::Trailer(count) => match byte {
                b'\n' if *count == 0 => Some(true),
                b'\n' => {
                    *count = 0;
                    Some(false)
                }
                b'\r' => Some(false),
                _ => {
                    *count += 1;
                    (*count <= MAX_LINE).then_some(false)
                }
            },
            Self::Data(_) => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] = b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\nHTTP/1.1";

    #[test]
    fn chunks_end_where_they_end_however_they_come() {
        for size in 1..=CHUNKED.len() {
            let mut framing = Framing::chunked();
            let (mut bytes, mut content, mut over) = (0, 0, false);
            for piece in CHUNKED.chunks(size) {
                if over {
                    break;
                }
                let taken = framing.take(piece);
                bytes += taken.bytes;
                content += taken.content;
                over = taken.over;
            }
            assert_eq!((bytes, content, over), (CHUNKED.len() - 8, 13, true), "pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_passed_on_to_the_end() {
        for nonsense in [&b"zz\r\nabc"[..], b"-1\r\n", b"3\r\nabcXX", b"\r\n\r\n", b"fffffffffffffffff\r\n"] {
            let mut framing = Framing::chunked();
            framing.take(nonsense);
            assert_eq!(framing, Framing::Rest, "{}", nonsense.escape_ascii());
        }
    }

    #[test]
    fn a_body_of_known_length_leaves_what_is_behind_it() {
        let mut framing = Framing::Length(3);
        assert_eq!(framing.take(b"ab"), Taken { bytes: 2, content: 2, over: false });
        assert_eq!(framing.take(b"cGET"), Taken { bytes: 1, content: 1, over: true });
    }
}
