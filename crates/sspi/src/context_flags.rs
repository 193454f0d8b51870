//! `ISC_REQ_*`, `ISC_RET_*`, `ASC_REQ_*` and `ASC_RET_*`: the same attributes, but not the same bits on both sides.

use gatepass_backend::Attributes;

/// What SSPI adds to the attributes: the handshake belongs to one connection (`ISC_REQ_CONNECTION`,
/// `ASC_REQ_CONNECTION`).
const CONNECTION: u32 = 0x0000_0800;
/// A client without channel bindings is let in (`ASC_REQ_ALLOW_MISSING_BINDINGS`).
const ALLOW_MISSING_BINDINGS: u32 = 0x1000_0000;
/// `ASC_REQ_INTEGRITY`; a client's bit means a stream here.
const ASC_INTEGRITY: u32 = 0x0002_0000;
/// `ASC_REQ_IDENTIFY`.
const ASC_IDENTIFY: u32 = 0x0008_0000;
/// `ASC_RET_NULL_SESSION`.
const NULL_SESSION: u32 = 0x0010_0000;

/// The attributes whose bits are the same on both sides.
const SHARED: [Attributes; 6] = [
    Attributes::DELEGATE,
    Attributes::MUTUAL_AUTH,
    Attributes::REPLAY_DETECT,
    Attributes::SEQUENCE_DETECT,
    Attributes::CONFIDENTIALITY,
    Attributes::DATAGRAM,
];

/// `fContextReq` of `InitializeSecurityContext`: what is required and nothing more, above all no delegation.
pub(crate) fn initiator(required: Attributes) -> u32 {
    known(required, Attributes::INTEGRITY.bits(), Attributes::IDENTIFY.bits()) | CONNECTION
}

/// `fContextReq` of `AcceptSecurityContext`. A client that names no channel is let in, one that names another is not; the
/// policy of the machine may be stricter.
pub(crate) fn acceptor(required: Attributes, has_bindings: bool) -> u32 {
    let bindings = if has_bindings { ALLOW_MISSING_BINDINGS } else { 0 };
    known(required, ASC_INTEGRITY, ASC_IDENTIFY) | CONNECTION | bindings
}

/// The attributes in what `InitializeSecurityContext` returned.
pub(crate) fn of_initiator(returned: u32) -> Attributes {
    named(returned, Attributes::INTEGRITY.bits(), Attributes::IDENTIFY.bits())
}

/// The attributes in what `AcceptSecurityContext` returned.
pub(crate) fn of_acceptor(returned: u32) -> Attributes {
    named(returned, ASC_INTEGRITY, ASC_IDENTIFY)
}

/// What NTLM's contexts have with `attributes`: where messages are signed they are numbered, whoever asked for that.
pub(crate) fn of_ntlm(attributes: Attributes) -> Attributes {
    if attributes.contains(Attributes::INTEGRITY) {
        attributes | Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT
    } else {
        attributes
    }
}

/// Whether `AcceptSecurityContext` let nobody in particular in.
pub(crate) const fn is_null_session(returned: u32) -> bool {
    returned & NULL_SESSION != 0
}

fn known(attributes: Attributes, integrity: u32, identify: u32) -> u32 {
    let mut bits = 0;
    for one in SHARED {
        bits |= (attributes & one).bits();
    }
    if attributes.contains(Attributes::INTEGRITY) {
        bits |= integrity;
    }
    if attributes.contains(Attributes::IDENTIFY) {
        bits |= identify;
    }
    bits
}

fn named(bits: u32, integrity: u32, identify: u32) -> Attributes {
    let mut attributes = Attributes::none();
    for one in SHARED {
        attributes = attributes | (Attributes::from_bits(bits) & one);
    }
    if bits & integrity != 0 {
        attributes = attributes | Attributes::INTEGRITY;
    }
    if bits & identify != 0 {
        attributes = attributes | Attributes::IDENTIFY;
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a24_delegation_is_asked_for_only_when_it_is_required() {
        for bit in 0..32 {
            let required = Attributes::from_bits(1 << bit);
            let delegates = required.contains(Attributes::DELEGATE);
            assert_eq!(initiator(required) & 1 != 0, delegates, "{required:?}");
            assert_eq!(acceptor(required, false) & 1 != 0, delegates, "{required:?}");
        }
        assert_eq!(initiator(Attributes::none()), 0x800);
        assert_eq!(acceptor(Attributes::none(), false), 0x800);
        assert_eq!(acceptor(Attributes::none(), true), 0x1000_0800);
    }

    #[test]
    fn each_attribute_has_its_bit_on_either_side() {
        for (attribute, isc, asc) in [
            (Attributes::DELEGATE, 0x1, 0x1),
            (Attributes::MUTUAL_AUTH, 0x2, 0x2),
            (Attributes::REPLAY_DETECT, 0x4, 0x4),
            (Attributes::SEQUENCE_DETECT, 0x8, 0x8),
            (Attributes::CONFIDENTIALITY, 0x10, 0x10),
            (Attributes::DATAGRAM, 0x400, 0x400),
            (Attributes::INTEGRITY, 0x1_0000, 0x2_0000),
            (Attributes::IDENTIFY, 0x2_0000, 0x8_0000),
        ] {
            assert_eq!(initiator(attribute), isc | 0x800, "{attribute:?}");
            assert_eq!(acceptor(attribute, false), asc | 0x800, "{attribute:?}");
            assert_eq!(of_initiator(isc | 0x800), attribute);
            assert_eq!(of_acceptor(asc | 0x800), attribute);
        }
        assert!(is_null_session(0x10_0800) && !is_null_session(0x800));
    }

    #[test]
    fn ntlm_numbers_what_it_signs() {
        let sealed = Attributes::CONFIDENTIALITY;
        assert_eq!(of_ntlm(sealed), sealed);
        let signed = of_ntlm(sealed | Attributes::INTEGRITY);
        assert!(signed.contains(Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT));
    }

    #[test]
    fn bits_that_are_no_attribute_go_neither_way() {
        // ISC_REQ_ALLOCATE_MEMORY among them: memory that nobody would free.
        assert_eq!(initiator(Attributes::from_bits(0xffff_ffff)), 0x0003_0c1f);
        assert_eq!(of_acceptor(0xffff_ffff).bits(), 0x0003_041f);
    }
}
