//! What becomes of a message between the party that made it and the one that reads it.

use arbitrary::Arbitrary;

/// What somebody in between does to some bytes.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Tampering<'a> {
    /// Nothing.
    Nothing,
    /// Changes one byte, unless `by` is zero.
    Flip { at: u16, by: u8 },
    /// Cuts off what follows.
    Cut { at: u16 },
    /// Overwrites from there on, as far as the bytes reach.
    Overwrite { at: u16, with: &'a [u8] },
    /// Sends something else.
    Replace(&'a [u8]),
}

impl Tampering<'_> {
    /// What arrives.
    pub fn of(&self, sent: &[u8]) -> Vec<u8> {
        let mut bytes = sent.to_vec();
        let place = |at: u16| usize::from(at) % sent.len().max(1);
        match *self {
            Self::Nothing => {}
            Self::Flip { at, by } => {
                if let Some(byte) = bytes.get_mut(place(at)) {
                    *byte ^= by;
                }
            }
            Self::Cut { at } => bytes.truncate(place(at)),
            Self::Overwrite { at, with } => {
                for (to, from) in bytes.iter_mut().skip(place(at)).zip(with) {
                    *to = *from;
                }
            }
            Self::Replace(with) => return with.to_vec(),
        }
        bytes
    }
}
