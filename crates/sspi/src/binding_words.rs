//! `SEC_CHANNEL_BINDINGS`: eight words, then the parts that they point to.
//!
//! ```text
//!  0 dwInitiatorAddrType   4 cbInitiatorLength          8 dwInitiatorOffset
//! 12 dwAcceptorAddrType   16 cbAcceptorLength          20 dwAcceptorOffset
//! 24 cbApplicationDataLength                           28 dwApplicationDataOffset
//! 32 the initiator's address, the acceptor's address, the application data
//! ```
//! Offsets count from the beginning of the structure; a part that is empty has none.

use gatepass_backend::ChannelBindings;

/// The size of the structure without what it points to, in bytes.
const HEADER: usize = 32;

/// The structure in memory that is aligned for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BindingWords {
    words: Vec<u32>,
    length: u32,
}

impl BindingWords {
    /// The structure of `bindings`, or `None` when they are longer than it can say.
    pub(crate) fn new(bindings: &ChannelBindings) -> Option<Self> {
        let (initiator_type, initiator) = bindings.initiator_address();
        let (acceptor_type, acceptor) = bindings.acceptor_address();
        let mut parts = Vec::new();
        let mut words = Vec::new();
        for (kind, part) in [
            (Some(initiator_type), initiator),
            (Some(acceptor_type), acceptor),
            (None, bindings.application_data()),
        ] {
            words.extend(kind);
            words.push(u32::try_from(part.len()).ok()?);
            words.push(match part {
                [] => 0,
                _ => u32::try_from(parts.len().checked_add(HEADER)?).ok()?,
            });
            parts.extend_from_slice(part);
        }
        let length = u32::try_from(parts.len().checked_add(HEADER)?).ok()?;
        words.extend(parts.chunks(4).map(|chunk| {
            let mut word = [0; 4];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            u32::from_ne_bytes(word)
        }));
        Some(Self { words, length })
    }

    /// The structure's words; the last one may be longer than the structure.
    pub(crate) fn words(&self) -> &[u32] {
        &self.words
    }

    /// The length of the structure and all that it points to, in bytes.
    pub(crate) const fn length(&self) -> u32 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bindings: &ChannelBindings) -> Vec<u8> {
        let words = BindingWords::new(bindings).unwrap();
        let mut bytes: Vec<u8> = words.words().iter().flat_map(|word| word.to_ne_bytes()).collect();
        let padding = bytes.split_off(usize::try_from(words.length()).unwrap());
        assert!(padding.len() < 4 && padding.iter().all(|byte| *byte == 0));
        bytes
    }

    fn header(bytes: &[u8]) -> Vec<u32> {
        bytes[..32].chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect()
    }

    #[test]
    fn a_tls_binding_is_its_application_data_at_byte_32() {
        let data = b"tls-server-end-point:0123456789abcdef0123456789abcdef";
        let bytes = bytes(&ChannelBindings::raw(data));
        assert_eq!(header(&bytes), [0, 0, 0, 0, 0, 0, 53, 32]);
        assert_eq!(bytes[32..], data[..]);
    }

    #[test]
    fn addresses_stand_before_the_application_data() {
        let bindings = ChannelBindings::raw(b"data!").with_addresses((2, &[127, 0, 0, 1]), (24, &[9; 16]));
        let bytes = bytes(&bindings);
        assert_eq!(header(&bytes), [2, 4, 32, 24, 16, 36, 5, 52]);
        assert_eq!(bytes[32..36], [127, 0, 0, 1]);
        assert_eq!(bytes[36..52], [9; 16]);
        assert_eq!(bytes[52..], *b"data!");
    }

    #[test]
    fn empty_bindings_are_the_eight_words_alone() {
        assert_eq!(bytes(&ChannelBindings::raw(b"")), [0; 32]);
    }
}
