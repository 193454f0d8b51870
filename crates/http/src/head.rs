//! What the dance must know of a response's head.

/// The head of a final response, borrowed from whoever parsed it. Informational responses are skipped by the reader.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The status, such as 407.
    pub status: u16,
    /// The minor version of the status line: 0 for `HTTP/1.0`, 1 for `HTTP/1.1`.
    pub minor_version: u8,
    /// The fields in the order of their lines: name in any case, value as it was sent.
    pub fields: &'a [(&'a str, &'a [u8])],
}

impl<'a> Head<'a> {
    /// The values of the field `name` (in any case), one for each of its lines, in their order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Whether the sender closes the connection after this response: it says `close`, or it speaks HTTP/1.0 and does not
    /// say `keep-alive` (RFC 9112 9.3). `Proxy-Connection`, which old proxies write, counts like `Connection`; where both
    /// words stand, `close` wins.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.connection_option("close") || (self.minor_version == 0 && !self.connection_option("keep-alive"))
    }

    /// Whether the final response is still to come: 1xx, except 101, which ends HTTP on its connection (RFC 9110 15.2).
    #[must_use]
    pub const fn informational(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// Whether the sender says that it keeps what it learned of the client for the rest of the connection
    /// (`Persistent-Auth`, as http.sys writes it); `None` where it says nothing of that.
    #[must_use]
    pub fn persistent_auth(&self) -> Option<bool> {
        let value = self.values("Persistent-Auth").last()?.trim_ascii();
        if value.eq_ignore_ascii_case(b"true") {
            return Some(true);
        }
        value.eq_ignore_ascii_case(b"false").then_some(false)
    }

    /// Whether the proxy keeps one connection to the origin for each of its client's
    /// (`Proxy-Support: Session-Based-Authentication`, RFC 4559 section 6).
    #[must_use]
    pub fn session_based(&self) -> bool {
        self.values("Proxy-Support")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|element| element.trim_ascii().eq_ignore_ascii_case(b"Session-Based-Authentication"))
    }

    fn connection_option(&self, option: &str) -> bool {
        ["Connection", "Proxy-Connection"]
            .into_iter()
            .flat_map(|name| self.values(name))
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|element| element.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn closes(minor_version: u8, fields: &[(&str, &[u8])]) -> bool {
        Head { status: 407, minor_version, fields }.closes()
    }

    #[test]
    fn a_connection_lasts_by_default_in_1_1_and_by_word_in_1_0() {
        assert!(!closes(1, &[]));
        assert!(closes(0, &[]));
        assert!(!closes(0, &[("connection", b"Keep-Alive")]));
        assert!(!closes(0, &[("Proxy-Connection", b"keep-alive")]));
        assert!(closes(1, &[("Connection", b"close")]));
        assert!(closes(1, &[("PROXY-CONNECTION", b"Close")]));
    }

    #[test]
    fn the_options_of_a_connection_are_a_list_and_close_wins() {
        assert!(closes(1, &[("Connection", b"upgrade ,\tCLOSE")]));
        assert!(closes(1, &[("Connection", b"keep-alive"), ("Connection", b"close")]));
        assert!(closes(0, &[("Connection", b"keep-alive, close")]));
        assert!(!closes(1, &[("Connection", b"disclose, closed")]));
        assert!(!closes(1, &[("X-Connection", b"close")]));
    }

    #[test]
    fn persistent_auth_is_a_word_and_the_last_one_counts() {
        let said = |values: &[&'static str]| {
            let fields: Vec<_> = values.iter().map(|value| ("persistent-auth", value.as_bytes())).collect();
            Head { status: 200, minor_version: 1, fields: &fields }.persistent_auth()
        };
        assert_eq!((said(&[]), said(&["maybe"])), (None, None));
        assert_eq!((said(&["TRUE "]), said(&["true", "False"])), (Some(true), Some(false)));
    }

    #[test]
    fn what_is_informational_is_followed_by_a_final_response() {
        let informational = |status| Head { status, minor_version: 1, fields: &[] }.informational();
        assert!([100, 102, 103, 199].into_iter().all(informational));
        assert!(![99, 101, 200, 401, 407].into_iter().any(informational));
    }
}
