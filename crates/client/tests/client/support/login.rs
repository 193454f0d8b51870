//! The server's half of a login, for scripts: it makes real CHALLENGEs and checks real AUTHENTICATEs.

use super::peer::Head;
use gatepass::{
    Accounts, ChannelBindings, NtHash, Principal, Request,
    crypto::{cbt_hash, ntowf_v1},
};
use gatepass_client::Side;
use gatepass_http::{Mechanisms, ServerAuth, Verdict};
use std::{fmt::Write as _, sync::Arc};

/// The password of everyone here.
pub(crate) const PASSWORD: &str = "s3cret-marker";

struct Everyone;

impl Accounts for Everyone {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        Some(ntowf_v1(PASSWORD))
    }
}

fn ntlm() -> Mechanisms {
    Mechanisms::ntlm(Arc::new(gatepass::Ntlm::new()))
}

/// The login of one connection.
pub(crate) struct Login {
    auth: ServerAuth,
    bindings: Option<ChannelBindings>,
}

/// What the server says to a request.
pub(crate) enum Answer {
    /// The fields of the 401 or 407.
    Ask(Vec<String>),
    /// The user whom it lets in.
    Granted(String),
}

impl Login {
    pub(crate) fn new(side: Side) -> Self {
        Self::offering(side, ntlm())
    }

    /// A login by one of `mechanisms`.
    pub(crate) fn offering(side: Side, mechanisms: Mechanisms) -> Self {
        Self { auth: ServerAuth::new(side, mechanisms, Arc::new(Everyone), Request::new()), bindings: None }
    }

    /// A login that must carry `bindings`.
    pub(crate) fn bound(side: Side, bindings: ChannelBindings) -> Self {
        let request = Request::new().with_bindings(bindings.clone());
        let auth = ServerAuth::new(side, ntlm(), Arc::new(Everyone), request);
        Self { auth, bindings: Some(bindings) }
    }

    pub(crate) fn request(&mut self, head: &Head) -> Answer {
        let credentials = head.field(self.auth.side().credentials_field()).map(str::as_bytes);
        match self.auth.request(credentials).unwrap() {
            Verdict::Challenge(values) | Verdict::Refused(values) => Answer::Ask(values),
            Verdict::Granted(_) => Answer::Granted(self.auth.identity().unwrap().to_string()),
        }
    }

    /// The response to `head`, which must not be one that is let in: 401 or 407 with an empty body.
    pub(crate) fn asks(&mut self, head: &Head) -> String {
        self.asks_with(head, "Content-Length: 0\r\n")
    }

    /// The same with `fields` of the test's choice, each with its line end.
    pub(crate) fn asks_with(&mut self, head: &Head, fields: &str) -> String {
        let side = self.auth.side();
        match self.request(head) {
            Answer::Ask(values) => challenge(side, &values, fields),
            Answer::Granted(who) => panic!("{who} is let in"),
        }
    }

    /// Who is let in with `head`, which must hold the end of a handshake.
    pub(crate) fn grants(&mut self, head: &Head) -> String {
        if let Some(bindings) = &self.bindings {
            let token = head.token(self.auth.side().credentials_field()).unwrap();
            let hash = cbt_hash(bindings);
            assert!(token.windows(16).any(|bytes| bytes == hash), "the login is not bound to its channel");
        }
        match self.request(head) {
            Answer::Granted(who) => who,
            Answer::Ask(_) => panic!("refused: {:?}", self.auth.refusal()),
        }
    }
}

/// A 401 or 407 with these values of its challenge field.
pub(crate) fn challenge(side: Side, values: &[impl AsRef<str>], fields: &str) -> String {
    let mut text = format!("HTTP/1.1 {} Who Are You\r\n", side.status());
    for value in values {
        write!(text, "{}: {}\r\n", side.challenge_field(), value.as_ref()).unwrap();
    }
    text + fields + "\r\n"
}
