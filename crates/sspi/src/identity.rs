//! A name and its password as SSPI takes them: `SEC_WINNT_AUTH_IDENTITY_W`.

use gatepass_backend::{Password, Principal};
use zeroize::Zeroizing;

/// The texts of an explicit identity, in UTF-16 with a zero at the end of each; all of them are wiped on drop.
pub(crate) struct Identity {
    user: Zeroizing<Vec<u16>>,
    domain: Zeroizing<Vec<u16>>,
    password: Zeroizing<Vec<u16>>,
}

impl Identity {
    /// The identity of `principal`. A user principal name stays whole, without a domain: Windows finds its account.
    pub(crate) fn new(principal: &Principal, password: &Password) -> Self {
        Self {
            user: secret_wide(principal.user()),
            domain: secret_wide(principal.domain()),
            password: secret_wide(password.expose()),
        }
    }

    /// User, domain and password, each without the zero that follows it in memory.
    #[cfg_attr(not(windows), expect(dead_code, reason = "only secur32 takes them"))]
    pub(crate) fn parts(&mut self) -> [&mut [u16]; 3] {
        [&mut self.user, &mut self.domain, &mut self.password].map(|text| match text.split_last_mut() {
            Some((_zero, text)) => text,
            None => &mut [],
        })
    }
}

/// UTF-16 in one allocation: a vector that grew would leave copies behind that nobody wipes.
fn secret_wide(text: &str) -> Zeroizing<Vec<u16>> {
    // A text never has more units in UTF-16 than bytes in UTF-8.
    let mut wide = Zeroizing::new(Vec::with_capacity(text.len().saturating_add(1)));
    wide.extend(text.encode_utf16());
    wide.push(0);
    wide
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_in_one_allocation_with_a_zero_behind_it() {
        for text in ["", "alice", "pässwörd€", "пароль😀", &"x".repeat(300)] {
            let wide = secret_wide(text);
            let expected: Vec<u16> = text.encode_utf16().chain([0]).collect();
            assert_eq!(*wide, expected);
            assert_eq!(wide.capacity(), text.len() + 1, "the vector grew");
        }
    }

    #[test]
    fn a83_an_identity_shows_nothing_of_itself() {
        let identity = Identity::new(&Principal::parse("CORP\\alice"), &Password::from("marker-s3cret"));
        assert_eq!(format!("{identity:?} {identity:#?}"), "Identity(..) Identity(..)");
    }
}
