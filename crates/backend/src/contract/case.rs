//! The cases by name.

use super::verdict::Verdict;
use super::{
    Pair, bindings, damage, datagrams, handshake, identity, independence, messages, protection, secrets,
};
use core::fmt;

macro_rules! cases {
    ($($(#[doc = $doc:literal])* $name:ident = $sentence:literal => $run:path,)*) => {
        /// What a pair can be asked to do. [`Display`](fmt::Display) says it in a sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Case {
            $($(#[doc = $doc])* $name,)*
        }

        impl Case {
            /// Every case, in the order in which they are run.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            pub(super) fn try_on(self, pair: &Pair) -> Verdict {
                match self { $(Self::$name => $run(pair),)* }
            }
        }
    };
}

cases! {
    /// Both sides complete, and nothing is left to send.
    Handshake = "a handshake completes on both sides" => handshake::completes,
    /// [`LogonDenied`](crate::ErrorKind::LogonDenied) on the side that knows, and no context on the server.
    WrongPassword = "a wrong password is refused, and no context handed out" => handshake::wrong_password,
    /// The same kind, at the same leg, with the same last word to the peer, as for a wrong password.
    UnknownUser = "an unknown user is refused exactly as a wrong password is" => handshake::unknown_user,
    /// [`InvalidToken`](crate::ErrorKind::InvalidToken) for the tokens of other legs, for a token twice, and for one's own.
    WrongOrder = "a token of another leg is refused" => damage::wrong_order,
    /// [`InvalidToken`](crate::ErrorKind::InvalidToken) for what is no token.
    Garbage = "no token, and bytes that are none, are refused" => damage::garbage,
    /// No prefix of any token leads to a login, or to a panic.
    Cut = "a token that ends early, at whatever byte, leads nowhere" => damage::cut,
    /// A token recorded from another handshake is good for nothing.
    Replayed = "a token of another handshake leads nowhere" => damage::replayed,
    /// Messages of several lengths, in both directions.
    Sign = "messages are signed and verified in both directions" => messages::sign,
    /// Messages of several lengths, in both directions, in turns with signed ones, in one piece and in several.
    Seal = "messages are sealed and unsealed in both directions" => messages::seal,
    /// Signed and sealed, and each with its place in the sequence.
    Empty = "messages of no bytes are messages" => messages::empty,
    /// [`MessageAltered`](crate::ErrorKind::MessageAltered), and nothing of the clear text is left in the buffer.
    Altered = "an altered message or signature is refused" => protection::altered,
    /// Every later call is [`OutOfSequence`](crate::ErrorKind::OutOfSequence).
    DeadAfterError = "a context is dead after its first error" => protection::dead_after_error,
    /// Messages repeated, left out, or returned to their sender.
    Sequence = "a message replayed, reordered or reflected is refused" => protection::sequence,
    /// In any order, and an error of one says nothing of another.
    Datagrams = "datagrams are protected, each under its number" => datagrams::datagrams,
    /// Equal on both sides, and another one in each handshake.
    SessionKey = "both sides have the same session key" => handshake::session_key,
    /// With the bindings of one channel on both sides.
    BindingsEqual = "equal channel bindings are accepted" => bindings::equal,
    /// [`BadBindings`](crate::ErrorKind::BadBindings) on the server.
    BindingsDiffer = "different channel bindings are refused" => bindings::differ,
    /// A client may name a channel that the server does not look at; a client that names none is let in, or refused with
    /// [`BadBindings`](crate::ErrorKind::BadBindings).
    BindingsAbsent = "bindings on one side alone are accepted, or required" => bindings::absent,
    /// What [`attributes`](crate::SecurityContext::attributes) says is what can be done, no more and no less.
    Attributes = "the attributes are what was agreed" => handshake::attributes,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) or [`Policy`](crate::ErrorKind::Policy), on whichever side requires it.
    Unavailable = "a required attribute that cannot be had is an error" => handshake::unavailable,
    /// Every login of the pair, with the name that its server must have for it.
    Names = "the server knows each client by its name" => identity::names,
    /// Nobody is let in as nobody at most.
    Anonymous = "an anonymous client is nobody, or refused" => identity::anonymous,
    /// [`NoCredentials`](crate::ErrorKind::NoCredentials) where there is no single sign-on.
    CurrentUser = "the current user logs in, or has no credentials" => identity::current_user,
    /// Two at once, and one that fails in between.
    Independent = "handshakes of the same backends are independent" => independence::independent,
    /// Each step, and each message, on a thread of its own.
    Threads = "handshake and context move between threads" => independence::threads,
    /// Never before the server has let the client in.
    Conclude = "a handshake concluded early has no context that the peer does not have" => handshake::conclude,
    /// The checksum of SPNEGO's list, then messages.
    MechListMic = "the checksum of the mechanism list fits in both directions" => messages::mech_list_mic,
    /// Kind, [`security_status`](crate::Error::security_status) and text of one of each that can be provoked.
    Errors = "errors have a status and a text, and no secret" => secrets::errors,
    /// Backends, states, contexts, credentials and errors.
    Debug = "the Debug text of nothing shows a secret" => secrets::debug,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.sentence())
    }
}
