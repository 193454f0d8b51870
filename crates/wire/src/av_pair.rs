//! AV_PAIR (MS-NLMP 2.2.2.1): the named values of TargetInfo and of the NTLMv2 response.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | AvId |
//! | 2 | 2 | AvLen |
//! | 4 | AvLen | Value |
//!
//! A list ends with MsvAvEOL (AvId 0, AvLen 0). Order is free, ids may repeat, unknown ids are kept.

use alloc::vec::Vec;
use core::fmt;

use crate::{DecodeError, DecodeErrorKind, FileTime, Origin, TooLong, WireStr};

/// The id of an AV pair; any number is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AvId(pub u16);

impl AvId {
    /// MsvAvEOL: the end of the list.
    pub const MSV_AV_EOL: Self = Self(0);
    /// MsvAvNbComputerName: the server's NetBIOS name.
    pub const MSV_AV_NB_COMPUTER_NAME: Self = Self(1);
    /// MsvAvNbDomainName: the NetBIOS name of the server's domain.
    pub const MSV_AV_NB_DOMAIN_NAME: Self = Self(2);
    /// MsvAvDnsComputerName: the server's DNS name.
    pub const MSV_AV_DNS_COMPUTER_NAME: Self = Self(3);
    /// MsvAvDnsDomainName: the DNS name of the server's domain.
    pub const MSV_AV_DNS_DOMAIN_NAME: Self = Self(4);
    /// MsvAvDnsTreeName: the DNS name of the server's forest.
    pub const MSV_AV_DNS_TREE_NAME: Self = Self(5);
    /// MsvAvFlags: 32 bits, see [`AvPairs::FLAG_MIC`] and its neighbours.
    pub const MSV_AV_FLAGS: Self = Self(6);
    /// MsvAvTimestamp: the server's time, a FILETIME.
    pub const MSV_AV_TIMESTAMP: Self = Self(7);
    /// MsvAvSingleHost: Single_Host_Data (2.2.2.2).
    pub const MSV_AV_SINGLE_HOST: Self = Self(8);
    /// MsvAvTargetName: the SPN that the client means.
    pub const MSV_AV_TARGET_NAME: Self = Self(9);
    /// MsvAvChannelBindings: MD5 of the gss_channel_bindings_struct, 16 bytes; zeros for none.
    pub const MSV_AV_CHANNEL_BINDINGS: Self = Self(10);

    /// The document's name, if it has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "MsvAvEOL",
            1 => "MsvAvNbComputerName",
            2 => "MsvAvNbDomainName",
            3 => "MsvAvDnsComputerName",
            4 => "MsvAvDnsDomainName",
            5 => "MsvAvDnsTreeName",
            6 => "MsvAvFlags",
            7 => "MsvAvTimestamp",
            8 => "MsvAvSingleHost",
            9 => "MsvAvTargetName",
            10 => "MsvAvChannelBindings",
            _ => return None,
        })
    }

    /// Whether the value is UTF-16 text, whatever the message's flags say.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.0, 1..=5 | 9)
    }

    /// What stands before a value of `length` bytes: AvId and AvLen.
    ///
    /// # Errors
    /// [`TooLong`] if AvLen cannot say so much.
    pub fn header(self, length: usize) -> Result<[u8; 4], TooLong> {
        let too_long = TooLong::new(self.name().unwrap_or("AvPair"), length);
        let [id_low, id_high] = self.0.to_le_bytes();
        let [length_low, length_high] = u16::try_from(length).map_err(|_| too_long)?.to_le_bytes();
        Ok([id_low, id_high, length_low, length_high])
    }

    /// The size of the value in bytes, where the document fixes it.
    const fn size(self) -> Option<usize> {
        match self.0 {
            6 => Some(4),
            7 => Some(8),
            10 => Some(16),
            _ => None,
        }
    }
}

impl fmt::Display for AvId {
    /// The document's name, else the number: `AvId 0x1234`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "AvId {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for AvId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One named value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AvPair<'a> {
    /// What the value is.
    pub id: AvId,
    /// Its bytes.
    pub value: &'a [u8],
}

impl<'a> AvPair<'a> {
    /// The value as text, if the id is one of text.
    #[must_use]
    pub fn text(&self) -> Option<WireStr<'a>> {
        self.id.is_text().then_some(WireStr::Utf16(self.value))
    }

    /// Checks the value's size, of which `at` is the offset.
    fn check(self, at: usize) -> Result<Self, DecodeError> {
        let length = self.value.len();
        if self.id.size().is_some_and(|size| size != length) {
            Err(defect(DecodeErrorKind::Size, self.id, at))
        } else if self.id.is_text() && !length.is_multiple_of(2) {
            Err(defect(DecodeErrorKind::OddLength, self.id, at))
        } else {
            Ok(self)
        }
    }
}

impl fmt::Debug for AvPair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "{}: {text}", self.id),
            None => write!(f, "{}: {:02x?}", self.id, self.value),
        }
    }
}

fn defect(kind: DecodeErrorKind, id: AvId, at: usize) -> DecodeError {
    DecodeError::new(kind, id.name().unwrap_or("AvLen"), at).within(Origin::AvPairs)
}

/// A list of AV pairs as it came, with its end mark and whatever follows that.
///
/// Nothing is checked before it is asked for. A list of no bytes at all, not even an end mark, has no pairs
/// and no defect: so it comes in `t2-zero-info-flag`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AvPairs<'a>(&'a [u8]);

impl<'a> AvPairs<'a> {
    /// Bit of MsvAvFlags: the account's authentication is constrained.
    pub const FLAG_CONSTRAINED: u32 = 0x1;
    /// Bit of MsvAvFlags: the AUTHENTICATE has a MIC.
    pub const FLAG_MIC: u32 = 0x2;
    /// Bit of MsvAvFlags: MsvAvTargetName comes from an untrusted source.
    pub const FLAG_UNTRUSTED_SPN: u32 = 0x4;

    /// Takes the bytes of a list, unchecked.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes of the list, with what follows its end mark.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The pairs in their order, without MsvAvEOL. A value of a wrong size is an error in its place; an error
    /// in the structure of the list is the last item.
    #[must_use]
    pub const fn iter(&self) -> AvPairsIter<'a> {
        AvPairsIter { list: self.0, at: 0, done: self.0.is_empty() }
    }

    /// Looks at every pair.
    ///
    /// # Errors
    /// `Unterminated` or `Truncated` where the next pair should begin; at the AvLen: `OutOfBounds`, `Size`
    /// (of a value of fixed size, or of MsvAvEOL), `OddLength` (of text).
    pub fn validate(&self) -> Result<(), DecodeError> {
        self.iter().try_for_each(|pair| pair.map(drop))
    }

    /// The first pair with this id.
    ///
    /// # Errors
    /// As [`validate`](Self::validate), for the pairs up to the one that is found.
    pub fn find(&self, id: AvId) -> Result<Option<AvPair<'a>>, DecodeError> {
        self.iter().find(|pair| pair.map_or(true, |pair| pair.id == id)).transpose()
    }

    /// The union of the bits of every MsvAvFlags, so that no pair can take back what another declares; `None`
    /// if there is no such pair. Unknown bits are kept.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn flags(&self) -> Result<Option<u32>, DecodeError> {
        let mut union = None;
        for pair in self.iter() {
            let pair = pair?;
            if let (AvId::MSV_AV_FLAGS, Ok(bytes)) = (pair.id, pair.value.try_into()) {
                union = Some(union.unwrap_or(0) | u32::from_le_bytes(bytes));
            }
        }
        Ok(union)
    }

    /// The first MsvAvTimestamp.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn timestamp(&self) -> Result<Option<FileTime>, DecodeError> {
        let pair = self.find(AvId::MSV_AV_TIMESTAMP)?;
        Ok(pair.and_then(|pair| pair.value.try_into().ok()).map(FileTime::from_le_bytes))
    }

    /// The first MsvAvChannelBindings.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn channel_bindings(&self) -> Result<Option<&'a [u8; 16]>, DecodeError> {
        let pair = self.find(AvId::MSV_AV_CHANNEL_BINDINGS)?;
        Ok(pair.and_then(|pair| pair.value.try_into().ok()))
    }

    /// The first MsvAvTargetName.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn target_name(&self) -> Result<Option<WireStr<'a>>, DecodeError> {
        self.text(AvId::MSV_AV_TARGET_NAME)
    }

    /// The first pair with this id as text; `None` also if the id is not one of text.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn text(&self, id: AvId) -> Result<Option<WireStr<'a>>, DecodeError> {
        Ok(self.find(id)?.and_then(|pair| pair.text()))
    }
}

impl<'a> IntoIterator for AvPairs<'a> {
    type Item = Result<AvPair<'a>, DecodeError>;
    type IntoIter = AvPairsIter<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for AvPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for pair in self.iter() {
            match pair {
                Ok(pair) => list.entry(&pair),
                Err(error) => list.entry(&format_args!("{error}")),
            };
        }
        list.finish()
    }
}

/// The pairs of a list; see [`AvPairs::iter`]. Each step reads one header and goes forward, so that a list
/// costs no more steps than a quarter of its bytes.
#[derive(Clone, Debug)]
pub struct AvPairsIter<'a> {
    list: &'a [u8],
    at: usize,
    done: bool,
}

impl<'a> AvPairsIter<'a> {
    /// The offset of the next pair in the list, in bytes; once the end mark has been read, that of what
    /// follows.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    fn end(&mut self, error: Option<DecodeError>) -> Option<Result<AvPair<'a>, DecodeError>> {
        self.done = true;
        error.map(Err)
    }
}

impl<'a> Iterator for AvPairsIter<'a> {
    type Item = Result<AvPair<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let start = self.at;
        let at_length = start.saturating_add(2);
        let rest = self.list.get(start..).unwrap_or_default();
        let Some(([id_low, id_high, length_low, length_high], tail)) = rest.split_first_chunk() else {
            let kind =
                if rest.is_empty() { DecodeErrorKind::Unterminated } else { DecodeErrorKind::Truncated };
            return self.end(Some(defect(kind, AvId::MSV_AV_EOL, start)));
        };
        let id = AvId(u16::from_le_bytes([*id_low, *id_high]));
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
        if id == AvId::MSV_AV_EOL {
            self.at = start.saturating_add(4);
            let error = (length != 0).then(|| defect(DecodeErrorKind::Size, id, at_length));
            return self.end(error);
        }
        let Some(value) = tail.get(..length) else {
            return self.end(Some(defect(DecodeErrorKind::OutOfBounds, id, at_length)));
        };
        self.at = start.saturating_add(4).saturating_add(length);
        Some(AvPair { id, value }.check(at_length))
    }
}

impl core::iter::FusedIterator for AvPairsIter<'_> {}

/// Writes a list with its end mark, which comes once and last: a MsvAvEOL among `pairs` is left out.
///
/// # Errors
/// [`TooLong`] if a value, or the whole list, has more bytes than its length field can say.
pub fn encode_av_pairs(pairs: &[AvPair<'_>]) -> Result<Vec<u8>, TooLong> {
    let mut list = Vec::new();
    for AvPair { id, value } in pairs.iter().filter(|pair| pair.id != AvId::MSV_AV_EOL) {
        list.extend_from_slice(&id.header(value.len())?);
        list.extend_from_slice(value);
    }
    list.extend_from_slice(&[0; 4]);
    if list.len() > TooLong::MAXIMUM {
        return Err(TooLong::new("AvPairs", list.len()));
    }
    Ok(list)
}
