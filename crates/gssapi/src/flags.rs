//! Attributes of the joint as flags of GSSAPI, and back.

use crate::abi::{CONF, DELEG, IDENTIFY, INTEG, MUTUAL, REPLAY, SEQUENCE};
use gatepass_backend::{Attributes, Error, ErrorKind};

/// Both names of what both sides have. Delegation is among them, and nothing sets it but a caller who requires it.
const PAIRS: [(Attributes, u32); 7] = [
    (Attributes::DELEGATE, DELEG),
    (Attributes::MUTUAL_AUTH, MUTUAL),
    (Attributes::REPLAY_DETECT, REPLAY),
    (Attributes::SEQUENCE_DETECT, SEQUENCE),
    (Attributes::CONFIDENTIALITY, CONF),
    (Attributes::INTEGRITY, INTEG),
    (Attributes::IDENTIFY, IDENTIFY),
];

/// The flags to ask for. Confidentiality without integrity does not exist here.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for what GSSAPI has no flag for: datagrams.
pub(crate) fn wanted(requirements: Attributes) -> Result<u32, Error> {
    let (mut flags, mut known) = (0, Attributes::none());
    for (attribute, flag) in PAIRS {
        known = known | attribute;
        if requirements.contains(attribute) {
            flags |= flag;
        }
    }
    if !known.contains(requirements) {
        return Err(Error::with_source(
            ErrorKind::Unsupported,
            format!("GSSAPI has no such attribute: {requirements:?}"),
        ));
    }
    Ok(if flags & CONF == 0 { flags } else { flags | INTEG })
}

/// What the flags of a context mean.
pub(crate) fn agreed(flags: u32) -> Attributes {
    PAIRS
        .into_iter()
        .filter(|(_, flag)| flags & flag != 0)
        .fold(Attributes::none(), |all, (attribute, _)| all | attribute)
}

/// What was agreed, if it has all that was required.
///
/// # Errors
/// [`ErrorKind::Unsupported`], with what is missing.
pub(crate) fn satisfied(flags: u32, requirements: Attributes) -> Result<Attributes, Error> {
    let agreed = agreed(flags);
    if agreed.contains(requirements) {
        return Ok(agreed);
    }
    let missing = Attributes::from_bits(requirements.bits() & !agreed.bits());
    Err(Error::with_source(
        ErrorKind::Unsupported,
        format!("the mechanism did not agree to what is required: {missing:?}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a24_delegation_is_asked_for_by_name_only() {
        let all_but = Attributes::MUTUAL_AUTH
            | Attributes::REPLAY_DETECT
            | Attributes::SEQUENCE_DETECT
            | Attributes::CONFIDENTIALITY
            | Attributes::INTEGRITY
            | Attributes::IDENTIFY;
        assert_eq!(wanted(all_but).unwrap() & DELEG, 0);
        assert_eq!(wanted(Attributes::none()).unwrap(), 0);
        assert_eq!(wanted(Attributes::DELEGATE).unwrap(), DELEG);
    }

    #[test]
    fn what_was_not_agreed_is_named() {
        assert_eq!(agreed(INTEG | CONF), Attributes::INTEGRITY | Attributes::CONFIDENTIALITY);
        let error = satisfied(INTEG, Attributes::INTEGRITY | Attributes::MUTUAL_AUTH).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.ends_with("{MUTUAL_AUTH}"), "{source}");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn datagrams_are_not_asked_of_gssapi() {
        assert_eq!(wanted(Attributes::DATAGRAM).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
