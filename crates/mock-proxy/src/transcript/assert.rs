//! What tests say of a transcript. Each prints the whole of it when it does not hold.

use super::{Outcome, Transcript};

/// Assertions, each of which panics with the transcript in its text. They give the transcript back, to be asserted more of:
///
/// ```
/// use gatepass_mock_proxy::MockProxy;
///
/// let proxy = MockProxy::new().start()?;
/// // … let the client under test do its work, then:
/// proxy.finish().assert_attempts(0).assert_connections(0).assert_no_leak();
/// # Ok::<(), gatepass_mock_proxy::Error>(())
/// ```
impl Transcript {
    /// Somebody has logged in at the proxy as `name` (`DOMAIN\user`, in any case).
    ///
    /// # Panics
    /// When nobody has.
    #[track_caller]
    pub fn assert_logged_in(&self, name: &str) -> &Self {
        let is_meant = |outcome: &Outcome| match outcome {
            Outcome::Granted(principal) => principal.to_string().to_lowercase() == name.to_lowercase(),
            _ => false,
        };
        self.assert(self.requests().any(|exchange| is_meant(&exchange.outcome)), || {
            format!("{name} has not logged in")
        })
    }

    /// The proxy got so many AUTHENTICATE messages: each is an attempt that counts where accounts get locked.
    ///
    /// # Panics
    /// When they were more or fewer.
    #[track_caller]
    pub fn assert_attempts(&self, count: usize) -> &Self {
        let found = self.authenticates().count();
        self.assert(found == count, || format!("{found} attempts to log in, not {count}"))
    }

    /// The proxy got so many connections, those that are no longer kept included.
    ///
    /// # Panics
    /// When they were more or fewer.
    #[track_caller]
    pub fn assert_connections(&self, count: u64) -> &Self {
        let found = self.proxy.forgotten().saturating_add(self.connections().len() as u64);
        self.assert(found == count, || format!("{found} connections to the proxy, not {count}"))
    }

    /// No credentials went to the wrong side: none of the proxy's to the origin, directly or through a tunnel, and none of the
    /// origin's to the proxy with a CONNECT.
    ///
    /// # Panics
    /// When some did.
    #[track_caller]
    pub fn assert_no_leak(&self) -> &Self {
        let to_origin = self.origin.requests().find(|one| one.has_field("proxy-authorization"));
        let mut connects = self.requests().filter(|one| one.method == "CONNECT");
        let to_proxy = connects.find(|one| one.has_field("authorization"));
        self.assert(to_origin.is_none(), || "credentials for the proxy went to the origin".to_owned());
        self.assert(to_proxy.is_none(), || "credentials for the origin went to the proxy".to_owned())
    }

    #[track_caller]
    fn assert(&self, holds: bool, what: impl FnOnce() -> String) -> &Self {
        assert!(holds, "{}\n{self}", what());
        self
    }
}
