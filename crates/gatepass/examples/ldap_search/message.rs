//! The messages of LDAP (RFC 4511 section 4) that a bind and a search need.

use crate::ber::{Reader, element};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
const SEARCH_RESULT_DONE: u8 = 0x65;
const SEARCH_RESULT_REFERENCE: u8 = 0x73;

/// How an operation ended (RFC 4511 section 4.1.9): its number and the server's words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) words: String,
}

impl Outcome {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const BIND_IN_PROGRESS: u32 = 14;

    /// What to say of an operation that failed.
    pub(crate) fn failure(&self, what: &str) -> String {
        let meaning = match self.code {
            7 => "authMethodNotSupported: the server does not know GSS-SPNEGO",
            8 => "strongerAuthRequired: the server wants more protection than it was given",
            32 => "noSuchObject: there is nothing under this base",
            34 => "invalidDNSyntax: the base is no distinguished name",
            48 => "inappropriateAuthentication",
            49 => {
                "invalidCredentials: the user is unknown, may not log in, or the password is wrong; it was tried once"
            }
            50 => "insufficientAccessRights: this user may not do that",
            51 => "busy",
            52 => "unavailable",
            53 => "unwillingToPerform",
            _ => "see RFC 4511 appendix A",
        };
        format!("{what}: result {}, {meaning} (the server says {:?})", self.code, self.words)
    }
}

/// What a server answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// Of a bind, with serverSaslCreds.
    Bind(Outcome, Option<Vec<u8>>),
    /// An entry: its name, and each of its attributes with its values.
    Entry(String, Vec<(String, Vec<Vec<u8>>)>),
    /// A place where more may be found.
    Reference,
    /// The end of a search.
    Done(Outcome),
}

impl Response {
    /// Reads a message; `None` when it is none of these or malformed. With it its messageID.
    pub(crate) fn decode(message: &[u8]) -> Option<(u32, Self)> {
        let mut message = Reader::new(message).within(SEQUENCE)?;
        let id = message.number(INTEGER)?;
        let (tag, contents) = message.any()?;
        let mut contents = Reader::new(contents);
        let response = match tag {
            BIND_RESPONSE => Self::Bind(outcome(&mut contents)?, contents.take(0x87).map(<[u8]>::to_vec)),
            SEARCH_RESULT_ENTRY => {
                Self::Entry(text(contents.take(OCTET_STRING)?), attributes(&mut contents)?)
            }
            SEARCH_RESULT_REFERENCE => Self::Reference,
            SEARCH_RESULT_DONE => Self::Done(outcome(&mut contents)?),
            _ => return None,
        };
        Some((id, response))
    }
}

fn outcome(contents: &mut Reader<'_>) -> Option<Outcome> {
    let code = contents.number(ENUMERATED)?;
    contents.take(OCTET_STRING)?; // matchedDN
    let words = text(contents.take(OCTET_STRING)?);
    contents.take(0xa3); // referral
    Some(Outcome { code, words })
}

fn attributes(contents: &mut Reader<'_>) -> Option<Vec<(String, Vec<Vec<u8>>)>> {
    let mut list = contents.within(SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_finished() {
        let mut attribute = list.within(SEQUENCE)?;
        let name = text(attribute.take(OCTET_STRING)?);
        let mut set = attribute.within(SET)?;
        let mut values = Vec::new();
        while !set.is_finished() {
            values.push(set.take(OCTET_STRING)?.to_vec());
        }
        attributes.push((name, values));
    }
    Some(attributes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A bind by GSS-SPNEGO ([MS-ADTS] 5.1.1.1.2) with the next token.
pub(crate) fn bind(id: u8, token: &[u8]) -> Vec<u8> {
    let sasl = [string(b"GSS-SPNEGO"), string(token)].concat();
    message(id, 0x60, &[element(INTEGER, &[3]), string(b""), element(0xa3, &sasl)].concat())
}

/// A search of the whole tree under `base` for entries whose `attribute` is `value`, and of them the attribute
/// `wanted`, which may be `*`.
pub(crate) fn search(id: u8, base: &str, attribute: &str, value: &str, wanted: &str) -> Vec<u8> {
    let fields = [
        string(base.as_bytes()),
        element(ENUMERATED, &[2]), // wholeSubtree
        element(ENUMERATED, &[0]), // neverDerefAliases
        element(INTEGER, &[0]),    // as many as there are
        element(INTEGER, &[0]),    // however long it takes
        element(1, &[0]),          // values too
        element(0xa3, &[string(attribute.as_bytes()), string(value.as_bytes())].concat()),
        element(SEQUENCE, &string(wanted.as_bytes())),
    ];
    message(id, 0x63, &fields.concat())
}

/// The end of the connection.
pub(crate) fn unbind(id: u8) -> Vec<u8> {
    message(id, 0x42, &[])
}

fn message(id: u8, tag: u8, contents: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[element(INTEGER, &[id]), element(tag, contents)].concat())
}

fn string(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // What Samba 4.17 answers to a search for alice, unsealed, and to a bind with a wrong password; recorded.
    const ENTRY: &str = "304502010364400421434e3d616c6963652c434e3d55736572732c44433d636f72702c44433d74657374301b3019040e73\
        414d4163636f756e744e616d6531070405616c696365";
    const DONE: &str = "300c02010365070a010004000400";
    const REFUSED: &str = "306502010261600a01310400045738303039303330433a204c6461704572723a20445349442d30433039303444432c20636f\
        6d6d656e743a20416363657074536563757269747943\
        6f6e74657874206572726f722c2064617461203532652c2076316462318700";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn recorded_answers_are_read_for_what_they_say() {
        let attributes = vec![("sAMAccountName".to_owned(), vec![b"alice".to_vec()])];
        let entry = Response::Entry("CN=alice,CN=Users,DC=corp,DC=test".to_owned(), attributes);
        assert_eq!(Response::decode(&bytes(ENTRY)), Some((3, entry)));
        let done = Response::Done(Outcome { code: Outcome::SUCCESS, words: String::new() });
        assert_eq!(Response::decode(&bytes(DONE)), Some((3, done)));
        let Some((2, Response::Bind(outcome, Some(token)))) = Response::decode(&bytes(REFUSED)) else {
            panic!("the refusal is not read");
        };
        assert!(outcome.failure("login").starts_with("login: result 49, invalidCredentials"));
        assert!(outcome.words.contains("data 52e") && token.is_empty());
    }

    #[test]
    fn an_answer_that_ends_early_is_none() {
        for answer in [ENTRY, DONE, REFUSED].map(bytes) {
            for end in 0..answer.len() {
                assert_eq!(Response::decode(&answer[..end]), None, "{end} bytes");
            }
        }
    }
}
