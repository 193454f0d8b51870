//! Settling the flags ([MS-NLMP] 2.2.2.5, 3.1.5.1.2, 3.2.5.1.1): what both sides said, and no more.

use crate::{Dialect, Error, Incompatible, Policy, Requirement};
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

/// Signing and encryption.
const PROTECTION: Flags = Flags::NEGOTIATE_SIGN.with(Flags::NEGOTIATE_SEAL);

/// Session keys made of the LM hash.
const LM_KEYS: Flags = Flags::NEGOTIATE_LM_KEY.with(Flags::REQUEST_NON_NT_SESSION_KEY);

/// The flags that are common to `offered` (the peer's) and `ours`, of which `required` must be all there.
///
/// | flag | rule ([MS-NLMP] 2.2.2.5) |
/// |---|---|
/// | UNICODE, OEM | Unicode drives out OEM; without either there is no handshake |
/// | EXTENDED_SESSIONSECURITY, LM_KEY | the first drives out the second |
/// | TARGET_TYPE_DOMAIN, _SERVER | not settled: the server says which, where it was asked for a target |
/// | VERSION | always set: it is no capability, but says that the field is there |
/// | LOCAL_CALL | refused: there is no response in such a handshake, but a handle of the same machine |
/// | DATAGRAM | only with KEY_EXCH |
/// | all others | set where both sides say so |
///
/// By the document 128 and 56 come back only with SIGN or SEAL; Windows returns them without (vector
/// gss-ntlmssp-cbt-verify), and so does this.
///
/// # Errors
/// [`Error::Policy`] naming the first of the `required` flags that the peer does not offer; [`Error::Incompatible`]
/// when no charset is common, or for a local call.
pub fn settle(offered: Flags, ours: Flags, required: Flags) -> Result<Flags, Error> {
    if offered.contains(Flags::NEGOTIATE_LOCAL_CALL) {
        return Err(Error::Incompatible(Incompatible::LocalCall));
    }
    let mut common = (offered & ours).without(Flags::TARGET_TYPE_DOMAIN | Flags::TARGET_TYPE_SERVER);
    if common.contains(Flags::NEGOTIATE_DATAGRAM) && !common.contains(Flags::NEGOTIATE_KEY_EXCH) {
        common = common.without(Flags::NEGOTIATE_DATAGRAM);
    }
    if common.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
        common = common.without(Flags::NEGOTIATE_LM_KEY);
    }
    demand(common, required)?;
    if common.contains(Flags::NEGOTIATE_UNICODE) {
        common = common.without(Flags::NEGOTIATE_OEM);
    } else if !common.contains(Flags::NEGOTIATE_OEM) {
        return Err(Error::Incompatible(Incompatible::Charset));
    }
    Ok(common.with(Flags::NEGOTIATE_VERSION))
}

/// Each flag that can be demanded, and the name of the demand.
const DEMANDS: [(Flags, Requirement); 5] = [
    (Flags::NEGOTIATE_SIGN, Requirement::Integrity),
    (Flags::NEGOTIATE_SEAL, Requirement::Confidentiality),
    (Flags::NEGOTIATE_128, Requirement::Strength128),
    (Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY, Requirement::ExtendedSessionSecurity),
    (Flags::NEGOTIATE_DATAGRAM, Requirement::Connectionless),
];

/// Whether `common` has all that is `required`.
pub(crate) fn demand(common: Flags, required: Flags) -> Result<(), Error> {
    for (flag, requirement) in DEMANDS {
        if required.contains(flag) && !common.contains(flag) {
            return Err(Error::Policy(requirement));
        }
    }
    Ok(())
}

/// `flags` without the protection of messages that `policy` does not put up with: encryption with a key that can be guessed
/// (40 or 56 bits, which those made of the LM hash always have), and any without extended session security, where a CRC
/// stands for the signature, unless NTLMv1 is allowed, which knows nothing else.
pub(crate) fn protected(flags: Flags, policy: &Policy) -> Flags {
    let extended = flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    if !extended && !policy.ntlm_v1 {
        return flags.without(PROTECTION);
    }
    let strong =
        flags.contains(Flags::NEGOTIATE_128) && (extended || !flags.contains(Flags::NEGOTIATE_LM_KEY));
    if strong || policy.weak_keys { flags } else { flags.without(Flags::NEGOTIATE_SEAL) }
}

/// What `offered` and `ours` come to where this side has `policy`.
pub(crate) fn agree(offered: Flags, ours: Flags, required: Flags, policy: &Policy) -> Result<Flags, Error> {
    let flags = protected(settle(offered, ours, required)?, policy);
    demand(flags, required)?;
    Ok(flags)
}

/// What a server can do under `policy`: all that this engine speaks; the client chooses.
pub(crate) fn server(policy: &Policy) -> Flags {
    let flags = SPOKEN.with(PROTECTION).with(Flags::NEGOTIATE_KEY_EXCH).with(Flags::NEGOTIATE_IDENTIFY);
    let flags = if policy.permits(Dialect::Lm) { flags.with(LM_KEYS) } else { flags };
    flags.without(policy.withheld)
}

/// What a client offers that requires `attributes` and speaks `dialect`: protection of messages only where it is wanted, as
/// SSPI does, and an exchanged key only with it. By the document the key counts where SIGN or SEAL is set and not otherwise
/// (3.2.5.1.2), by Samba wherever KEY_EXCH is set (recording samba-proxy-get); who never sets it alone is understood by
/// both. Keys made of the LM hash are for LM alone.
pub(crate) fn client(attributes: Attributes, policy: &Policy, dialect: Option<Dialect>) -> Flags {
    let mut flags = SPOKEN;
    if required(attributes, policy).contains(Flags::NEGOTIATE_SIGN) {
        flags = flags.with(Flags::NEGOTIATE_SIGN).with(Flags::NEGOTIATE_KEY_EXCH);
    }
    if attributes.contains(Attributes::CONFIDENTIALITY) {
        flags = flags.with(Flags::NEGOTIATE_SEAL);
    }
    if attributes.contains(Attributes::IDENTIFY) {
        flags = flags.with(Flags::NEGOTIATE_IDENTIFY);
    }
    let flags = match dialect {
        Some(Dialect::Lm) => flags.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY).with(LM_KEYS),
        Some(Dialect::V1) => flags.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY),
        _ => flags,
    };
    flags.without(policy.withheld)
}

/// The flags without which `attributes` cannot be had under `policy`. Encryption means encryption with 128 bits, and
/// protection extended session security, unless the policy puts up with less.
pub(crate) fn required(attributes: Attributes, policy: &Policy) -> Flags {
    let mut flags = Flags::EMPTY;
    let confidential = attributes.contains(Attributes::CONFIDENTIALITY);
    let integrity = [Attributes::INTEGRITY, Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT];
    if confidential || integrity.into_iter().any(|one| attributes.contains(one)) {
        flags = flags.with(Flags::NEGOTIATE_SIGN);
        if !policy.ntlm_v1 {
            flags = flags.with(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        }
    }
    if confidential {
        flags = flags.with(Flags::NEGOTIATE_SEAL);
        if !policy.weak_keys {
            flags = flags.with(Flags::NEGOTIATE_128);
        }
    }
    flags
}

/// Whether NTLM can give `attributes` at all, over a connection or, where that is what both know, without one. Of datagrams
/// it keeps no record, so that it sees neither that one comes again nor that one is missing.
pub(crate) fn possible(attributes: Attributes, connectionless: bool) -> Result<(), Error> {
    let none: &[Attributes] = if connectionless {
        &[Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT]
    } else {
        &[Attributes::DATAGRAM]
    };
    let never = [Attributes::DELEGATE, Attributes::MUTUAL_AUTH];
    if never.iter().chain(none).any(|one| attributes.contains(*one)) {
        return Err(Error::Policy(Requirement::Attributes));
    }
    Ok(())
}

/// What a context with `flags` has, of which [`protected`] has been made sure.
pub(crate) fn attributes(flags: Flags) -> Attributes {
    let mut attributes = Attributes::none();
    let datagrams = flags.contains(Flags::NEGOTIATE_DATAGRAM);
    if datagrams {
        attributes = attributes | Attributes::DATAGRAM;
    }
    if flags.contains(Flags::NEGOTIATE_SIGN) {
        attributes = attributes | Attributes::INTEGRITY;
        if !datagrams {
            attributes = attributes | Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT;
        }
    }
    if flags.contains(Flags::NEGOTIATE_SEAL) {
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

    const ALL: Flags = Flags::from_bits(u32::MAX ^ 0x4000);

    #[test]
    fn a18_nothing_is_settled_that_one_side_did_not_say() {
        for (bit, (_, flag)) in ALL.iter().enumerate() {
            let without = ALL.without(flag);
            for settled in [
                settle(without, server(&Policy::new()), Flags::EMPTY),
                settle(server(&Policy::new()), without, Flags::EMPTY),
            ] {
                let settled = settled.unwrap();
                let only_said = flag == Flags::NEGOTIATE_VERSION || !settled.intersects(flag);
                assert!(only_said, "bit {bit} came back");
            }
        }
    }

    #[test]
    fn a18_a_requirement_that_the_peer_clears_is_an_error_which_names_it() {
        let wanted = required(Attributes::CONFIDENTIALITY, &Policy::new());
        let ours = client(Attributes::CONFIDENTIALITY, &Policy::new(), None);
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
        let both = settle(ALL, server(&Policy::new()), Flags::EMPTY).unwrap();
        assert!(both.contains(Flags::NEGOTIATE_UNICODE) && !both.contains(Flags::NEGOTIATE_OEM));
        let oem =
            settle(ALL.without(Flags::NEGOTIATE_UNICODE), server(&Policy::new()), Flags::EMPTY).unwrap();
        assert!(oem.contains(Flags::NEGOTIATE_OEM) && !oem.contains(Flags::NEGOTIATE_UNICODE));
        let none = ALL.without(Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_OEM);
        assert_eq!(
            settle(none, server(&Policy::new()), Flags::EMPTY),
            Err(Error::Incompatible(Incompatible::Charset))
        );
    }

    #[test]
    fn what_a_policy_withholds_neither_side_says() {
        let policy = Policy::new().withholding(Flags::NEGOTIATE_128 | Flags::NEGOTIATE_56);
        for flags in [server(&policy), client(Attributes::CONFIDENTIALITY, &policy, None)] {
            assert!(!flags.intersects(Flags::NEGOTIATE_128 | Flags::NEGOTIATE_56));
            assert!(flags.contains(Flags::NEGOTIATE_UNICODE));
        }
    }

    #[test]
    fn version_is_always_set() {
        let bare = Flags::NEGOTIATE_UNICODE;
        assert_eq!(settle(bare, bare, Flags::EMPTY), Ok(bare | Flags::NEGOTIATE_VERSION));
    }

    #[test]
    fn a_client_offers_protection_only_where_it_is_required() {
        let protection = Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL | Flags::NEGOTIATE_KEY_EXCH;
        assert!(!client(Attributes::none(), &Policy::new(), None).intersects(protection));
        assert!(client(Attributes::CONFIDENTIALITY, &Policy::new(), None).contains(protection));
        assert!(!client(Attributes::INTEGRITY, &Policy::new(), None).contains(protection));
    }

    #[test]
    fn what_ntlm_cannot_give_is_refused_before_anything_is_sent() {
        for attribute in [Attributes::DELEGATE, Attributes::MUTUAL_AUTH, Attributes::DATAGRAM] {
            let error = possible(attribute | Attributes::INTEGRITY, false);
            assert_eq!(error, Err(Error::Policy(Requirement::Attributes)));
        }
        assert_eq!(possible(Attributes::CONFIDENTIALITY, false), Ok(()));
        for attribute in [Attributes::MUTUAL_AUTH, Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT] {
            let error = possible(attribute | Attributes::DATAGRAM, true);
            assert_eq!(error, Err(Error::Policy(Requirement::Attributes)));
        }
        assert_eq!(possible(Attributes::CONFIDENTIALITY | Attributes::DATAGRAM, true), Ok(()));
    }
}
