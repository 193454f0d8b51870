//! Settling the flags ([MS-NLMP] 3.1.5.1.2, 3.2.5.1.1): what both sides said, and no more.

use crate::{Error, Incompatible, Requirement};
use gatepass_backend::Attributes;
use gatepass_wire::NegotiateFlags as Flags;

/// What this engine speaks, whoever asks and for what.
const SPOKEN: Flags = Flags::NEGOTIATE_UNICODE
    .with(Flags::NEGOTIATE_OEM)
    .with(Flags::REQUEST_TARGET)
    .with(Flags::NEGOTIATE_NTLM)
    .with(Flags::NEGOTIATE_ALWAYS_SIGN)
    .with(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY)
    .with(Flags::NEGOTIATE_TARGET_INFO)
    .with(Flags::NEGOTIATE_VERSION)
    .with(Flags::NEGOTIATE_128)
    .with(Flags::NEGOTIATE_56);

/// The flags that are common to `offered` (the peer's) and `ours`, of which `required` must be all there.
///
/// Unicode drives out OEM; without either there is no handshake. VERSION is always set: it is no capability, but says
/// that the field is there.
///
/// # Errors
/// [`Error::Policy`] naming the first of the `required` flags that the peer does not offer; [`Error::Incompatible`]
/// when no charset is common.
pub fn settle(offered: Flags, ours: Flags, required: Flags) -> Result<Flags, Error> {
    let common = offered & ours;
    demand(common, required)?;
    if common.contains(Flags::NEGOTIATE_UNICODE) {
        Ok(common.without(Flags::NEGOTIATE_OEM).with(Flags::NEGOTIATE_VERSION))
    } else if common.contains(Flags::NEGOTIATE_OEM) {
        Ok(common.with(Flags::NEGOTIATE_VERSION))
    } else {
        Err(Error::Incompatible(Incompatible::Charset))
    }
}

/// Whether `common` has all that is `required`.
pub(crate) fn demand(common: Flags, required: Flags) -> Result<(), Error> {
    for (flag, requirement) in [
        (Flags::NEGOTIATE_SIGN, Requirement::Integrity),
        (Flags::NEGOTIATE_SEAL, Requirement::Confidentiality),
        (Flags::NEGOTIATE_128, Requirement::Strength128),
        (Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY, Requirement::ExtendedSessionSecurity),
    ] {
        if required.contains(flag) && !common.contains(flag) {
            return Err(Error::Policy(requirement));
        }
    }
    Ok(())
}

/// What a server can do: all that this engine speaks; the client chooses.
pub(crate) const SERVER: Flags = SPOKEN
    .with(Flags::NEGOTIATE_SIGN)
    .with(Flags::NEGOTIATE_SEAL)
    .with(Flags::NEGOTIATE_KEY_EXCH)
    .with(Flags::NEGOTIATE_IDENTIFY);

/// What a client offers that requires `attributes`: protection of messages only where it is wanted, as SSPI does, and an
/// exchanged key only with it. By the document the key counts where SIGN or SEAL is set and not otherwise (3.2.5.1.2), by
/// Samba wherever KEY_EXCH is set (recording samba-proxy-get); who never sets it alone is understood by both.
pub(crate) fn client(attributes: Attributes) -> Flags {
    let protection = required(attributes);
    let mut flags = SPOKEN.with(protection);
    if protection.contains(Flags::NEGOTIATE_SIGN) {
        flags = flags.with(Flags::NEGOTIATE_KEY_EXCH);
    }
    if attributes.contains(Attributes::IDENTIFY) {
        flags = flags.with(Flags::NEGOTIATE_IDENTIFY);
    }
    flags
}

/// The flags without which `attributes` cannot be had. Encryption means encryption with 128 bits.
pub(crate) fn required(attributes: Attributes) -> Flags {
    let mut flags = Flags::EMPTY;
    let integrity = [Attributes::INTEGRITY, Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT];
    if integrity.into_iter().any(|one| attributes.contains(one)) {
        flags = flags.with(Flags::NEGOTIATE_SIGN).with(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    }
    if attributes.contains(Attributes::CONFIDENTIALITY) {
        flags = flags
            .with(Flags::NEGOTIATE_SIGN)
            .with(Flags::NEGOTIATE_SEAL)
            .with(Flags::NEGOTIATE_128)
            .with(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    }
    flags
}

/// Whether NTLM can give `attributes` at all.
pub(crate) fn possible(attributes: Attributes) -> Result<(), Error> {
    let none = [Attributes::DELEGATE, Attributes::MUTUAL_AUTH, Attributes::DATAGRAM];
    if none.into_iter().any(|one| attributes.contains(one)) {
        return Err(Error::Policy(Requirement::Attributes));
    }
    Ok(())
}

/// What a context with `flags` has.
pub(crate) fn attributes(flags: Flags) -> Attributes {
    let mut attributes = Attributes::none();
    // The protection of messages without extended session security is not built.
    let extended = flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    if extended && flags.contains(Flags::NEGOTIATE_SIGN) {
        attributes =
            attributes | Attributes::INTEGRITY | Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT;
    }
    if extended && flags.contains(Flags::NEGOTIATE_SEAL) {
        attributes = attributes | Attributes::CONFIDENTIALITY;
    }
    if flags.contains(Flags::NEGOTIATE_IDENTIFY) {
        attributes = attributes | Attributes::IDENTIFY;
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Flags = Flags::from_bits(u32::MAX);

    #[test]
    fn a18_nothing_is_settled_that_one_side_did_not_say() {
        for (bit, (_, flag)) in ALL.iter().enumerate() {
            let without = ALL.without(flag);
            for settled in [settle(without, SERVER, Flags::EMPTY), settle(SERVER, without, Flags::EMPTY)] {
                let settled = settled.unwrap();
                let only_said = flag == Flags::NEGOTIATE_VERSION || !settled.intersects(flag);
                assert!(only_said, "bit {bit} came back");
            }
        }
    }

    #[test]
    fn a18_a_requirement_that_the_peer_clears_is_an_error_which_names_it() {
        let wanted = required(Attributes::CONFIDENTIALITY);
        let ours = client(Attributes::CONFIDENTIALITY);
        assert_eq!(settle(ALL, ours, wanted).unwrap() & wanted, wanted);
        for (flag, requirement) in [
            (Flags::NEGOTIATE_SIGN, Requirement::Integrity),
            (Flags::NEGOTIATE_SEAL, Requirement::Confidentiality),
            (Flags::NEGOTIATE_128, Requirement::Strength128),
            (Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY, Requirement::ExtendedSessionSecurity),
        ] {
            assert_eq!(settle(ALL.without(flag), ours, wanted), Err(Error::Policy(requirement)));
        }
    }

    #[test]
    fn unicode_drives_out_oem_and_one_of_both_must_be_common() {
        let both = settle(ALL, SERVER, Flags::EMPTY).unwrap();
        assert!(both.contains(Flags::NEGOTIATE_UNICODE) && !both.contains(Flags::NEGOTIATE_OEM));
        let oem = settle(ALL.without(Flags::NEGOTIATE_UNICODE), SERVER, Flags::EMPTY).unwrap();
        assert!(oem.contains(Flags::NEGOTIATE_OEM) && !oem.contains(Flags::NEGOTIATE_UNICODE));
        let none = ALL.without(Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_OEM);
        assert_eq!(settle(none, SERVER, Flags::EMPTY), Err(Error::Incompatible(Incompatible::Charset)));
    }

    #[test]
    fn version_is_always_set() {
        let bare = Flags::NEGOTIATE_UNICODE;
        assert_eq!(settle(bare, bare, Flags::EMPTY), Ok(bare | Flags::NEGOTIATE_VERSION));
    }

    #[test]
    fn a_client_offers_protection_only_where_it_is_required() {
        let protection = Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL | Flags::NEGOTIATE_KEY_EXCH;
        assert!(!client(Attributes::none()).intersects(protection));
        assert!(client(Attributes::CONFIDENTIALITY).contains(protection));
        assert!(!client(Attributes::INTEGRITY).contains(protection));
    }

    #[test]
    fn what_ntlm_cannot_give_is_refused_before_anything_is_sent() {
        for attribute in [Attributes::DELEGATE, Attributes::MUTUAL_AUTH, Attributes::DATAGRAM] {
            let error = possible(attribute | Attributes::INTEGRITY);
            assert_eq!(error, Err(Error::Policy(Requirement::Attributes)));
        }
        assert_eq!(possible(Attributes::CONFIDENTIALITY), Ok(()));
    }
}
