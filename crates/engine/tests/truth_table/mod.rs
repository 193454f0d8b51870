//! The rules of [MS-NLMP] 2.2.2.5, flag by flag, and what they make of two sets of flags.

use gatepass_engine::{Error, Incompatible};
use gatepass_wire::NegotiateFlags as Flags;

/// What the document says of one bit, given whether each side set it and its companion.
enum Rule {
    /// Set where both sides set it.
    Both,
    /// Set whatever they say: NEGOTIATE_VERSION announces a field that is always there.
    Always,
    /// Never settled: the server alone says it, of its TargetName.
    Never,
    /// Where it is offered, there is no handshake (NEGOTIATE_LOCAL_CALL).
    Refused,
    /// Set where both sides set it and the other flag is not settled: "if both are requested, the other alone is returned".
    Yields(Flags),
    /// Set where both sides set it and the other flag too: "if F is set, V must always be set".
    Needs(Flags),
}

fn rule(flag: Flags) -> Rule {
    match flag {
        Flags::NEGOTIATE_OEM => Rule::Yields(Flags::NEGOTIATE_UNICODE),
        Flags::NEGOTIATE_LM_KEY => Rule::Yields(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY),
        Flags::NEGOTIATE_DATAGRAM => Rule::Needs(Flags::NEGOTIATE_KEY_EXCH),
        Flags::NEGOTIATE_VERSION => Rule::Always,
        Flags::TARGET_TYPE_DOMAIN | Flags::TARGET_TYPE_SERVER => Rule::Never,
        Flags::NEGOTIATE_LOCAL_CALL => Rule::Refused,
        _ => Rule::Both,
    }
}

/// The row of the table for `offered` and `ours`, worked out bit by bit.
pub(crate) fn expected(offered: Flags, ours: Flags) -> Result<Flags, Error> {
    let both = |flag: Flags| offered.contains(flag) && ours.contains(flag);
    let mut settled = Flags::EMPTY;
    for (_, flag) in Flags::from_bits(u32::MAX).iter() {
        let set = match rule(flag) {
            Rule::Both => both(flag),
            Rule::Always => true,
            Rule::Never => false,
            Rule::Refused if offered.contains(flag) => {
                return Err(Error::Incompatible(Incompatible::LocalCall));
            }
            Rule::Refused => false,
            Rule::Yields(other) => both(flag) && !both(other),
            Rule::Needs(other) => both(flag) && both(other),
        };
        if set {
            settled = settled | flag;
        }
    }
    if settled.intersects(Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_OEM) {
        Ok(settled)
    } else {
        Err(Error::Incompatible(Incompatible::Charset))
    }
}
