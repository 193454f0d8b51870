//! What a response does not say of itself: how it was reached, and whether its sender refused the login.

use crate::Side;
use gatepass::Principal;
use http::{Response, StatusCode};
use std::fmt;

/// How a response came about. It travels as an extension of the response: [`Outcome::of`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// The status with which the proxy opened the tunnel that carried the request, if one did.
    pub connect_status: Option<StatusCode>,
    /// The refusal, when the response is one: its status is 401 or 407, and the credentials of that side were refused or
    /// could not be presented. They are not tried again by themselves.
    pub denied: Option<Denied>,
}

impl Outcome {
    /// The outcome that came with `response`; the default for a response that is not from this client.
    #[must_use]
    pub fn of<B>(response: &Response<B>) -> Self {
        response.extensions().get().cloned().unwrap_or_default()
    }
}

/// A refused login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denied {
    /// Who refused.
    pub side: Side,
    /// Where that side is, as `host:port`.
    pub place: String,
    /// Whose login it was, where the credentials hold a name.
    pub principal: Option<Principal>,
    /// The schemes that the side offered.
    pub offered: Vec<String>,
    /// Whether the credentials were presented, and not merely unusable with what was offered.
    pub presented: bool,
    /// Why there were none to present, where the login was that of the current user: no ticket, no stored password, and what
    /// to do about it. Control characters are escaped.
    pub missing: Option<String>,
}

/// One sentence that says who refused whom and what to do.
impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.side, self.place)?;
        if self.presented {
            match &self.principal {
                Some(principal) => write!(f, "refused the login of {principal}")?,
                None => f.write_str("refused the login")?,
            }
            f.write_str(
                "; check user name, password and domain (it was tried once, since accounts get locked)",
            )
        } else if let Some(missing) = &self.missing {
            write!(f, "wants a login, and there is none: {missing}")
        } else if self.offered.is_empty() {
            f.write_str("wants a login, but offers no way to do so")
        } else {
            write!(f, "offers {} only, which is not usable here", self.offered.join(", ").escape_debug())
        }
    }
}
