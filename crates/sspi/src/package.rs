//! The security packages.

/// A security package of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Package {
    /// NTLM alone ([MS-NLMP]).
    Ntlm,
    /// SPNEGO: Kerberos where it can be had, NTLM otherwise ([MS-SPNG]).
    Negotiate,
    /// Kerberos alone ([MS-KILE]).
    Kerberos,
}

impl Package {
    /// The name by which SSPI knows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
            Self::Kerberos => "Kerberos",
        }
    }

    /// The name in UTF-16, with the zero at its end.
    pub(crate) fn wide_name(self) -> Vec<u16> {
        wide(self.name())
    }
}

/// A text as SSPI takes it: UTF-16 with a zero at its end.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_a_zero() {
        assert_eq!(Package::Ntlm.wide_name(), [0x4e, 0x54, 0x4c, 0x4d, 0]);
        assert_eq!(Package::Negotiate.name(), "Negotiate");
        assert_eq!(Package::Kerberos.wide_name().len(), 9);
        assert_eq!(wide("😀"), [0xd83d, 0xde00, 0]);
    }
}
