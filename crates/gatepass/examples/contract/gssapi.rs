//! The pairs with the system's GSSAPI on one side or both: they need the library, gss-ntlmssp and a Kerberos ticket.
//!
//! | from the environment | what |
//! |---|---|
//! | `NTLM_USER_FILE` | the accounts of gss-ntlmssp's server: `CORP:alice:Passw0rd!` |
//! | `KRB5CCNAME`, `KRB5_CONFIG` | a ticket of alice's in the realm CORP.TEST |
//! | `KRB5_KTNAME` | the keys of HTTP/localhost |

use crate::pairs::{ntlm, spnego};
use gatepass::backend::contract::{Case, Pair};
use gatepass::spnego::{Oid, Spnego};
use gatepass::{Accounts, Attributes, Backend, Credentials, NtHash, Principal, Request, crypto::ntowf_v1};
use gatepass_gssapi::Gssapi;
use std::sync::Arc;

const PASSWORD: &str = "Passw0rd!";
const TARGET: &str = "HTTP/localhost";

struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        principal.user().starts_with("alice").then(|| ntowf_v1(PASSWORD))
    }
}

/// Every pair, or why there are none.
pub(crate) fn all() -> Result<Vec<Pair>, String> {
    let library = Gssapi::load().map_err(|error| error.to_string())?;
    let foreign: Arc<dyn Backend> =
        Arc::new(library.ntlm().ok_or("the library has no NTLM: gss-ntlmssp is not installed")?);
    let kerberos: Arc<dyn Backend> = Arc::new(library.kerberos());
    let negotiate: Arc<dyn Backend> = Arc::new(library.spnego().ok_or("the library has no SPNEGO")?);
    let ours = || -> Arc<dyn Backend> {
        let names = [Oid::MS_KERBEROS, Oid::KERBEROS];
        Arc::new(Spnego::new().with_mechanism(&names, Arc::clone(&kerberos)))
    };
    let in_spnego = "SPNEGO has exchanged it within the handshake";
    let typed = Principal::new("", "HTTP/localhost");
    let canonical = Principal::new("", "HTTP/localhost@CORP.TEST");
    Ok(vec![
        to_foreign_ntlm(with_password("engine × gss-ntlmssp", ntlm(), Arc::clone(&foreign))),
        of_foreign_ntlm(with_password("gss-ntlmssp × engine", foreign, ntlm())),
        to_foreign_ntlm(with_password("spnego × gss spnego, NTLM", spnego(), Arc::clone(&negotiate)))
            .except(Case::MechListMic, in_spnego),
        with_ticket("gss kerberos × gss kerberos", Arc::clone(&kerberos), Arc::clone(&kerberos))
            .with_server_name(typed.clone()),
        with_ticket("spnego × gss spnego, Kerberos", ours(), Arc::clone(&negotiate))
            .with_server_name(typed)
            .except(Case::MechListMic, in_spnego),
        with_ticket("gss spnego × spnego, Kerberos", negotiate, ours())
            .with_server_name(canonical)
            .except(Case::MechListMic, in_spnego),
    ])
}

const NO_EMPTY: &str = "gss-ntlmssp protects no empty message";
const WRONG_ORDER: &str = "gss-ntlmssp calls a message of another leg a refused login";

/// What gss-ntlmssp 1.2.0 does otherwise than the joint wants it, as a client.
fn of_foreign_ntlm(pair: Pair) -> Pair {
    pair.with_current_user(Principal::new("CORP", "alice"))
        .except(Case::WrongOrder, WRONG_ORDER)
        .except(
            Case::Cut,
            "gss-ntlmssp sends no MIC, so a NEGOTIATE that is shorter, and whole, is not missed",
        )
        .except(Case::Unavailable, "gss-ntlmssp agrees to delegation, and delegates nothing")
        .except(Case::Empty, NO_EMPTY)
}

/// The same as a server.
fn to_foreign_ntlm(pair: Pair) -> Pair {
    pair.except(Case::WrongOrder, WRONG_ORDER)
        .except(Case::Empty, NO_EMPTY)
        .except(Case::BindingsDiffer, "gss-ntlmssp refuses other bindings as a malformed token")
        .except(Case::Anonymous, "gss-ntlmssp cannot read an anonymous AUTHENTICATE")
}

/// NTLM with gss-ntlmssp on one side.
fn with_password(name: &str, client: Arc<dyn Backend>, server: Arc<dyn Backend>) -> Pair {
    Pair::new(name, client, server, Arc::new(Alice))
        .with_login(Credentials::password("CORP\\alice", PASSWORD), Principal::new("CORP", "alice"))
        .with_wrong_password(Credentials::password("CORP\\alice", "Marker-another"))
        .with_unknown_user(Credentials::password("CORP\\nobody", PASSWORD))
        // It detects replay and order, but does not say so.
        .with_attributes(Attributes::INTEGRITY | Attributes::CONFIDENTIALITY)
        .with_client_request(Request::target(TARGET))
}

/// Kerberos, bare or in SPNEGO, with the ticket that there is.
fn with_ticket(name: &str, client: Arc<dyn Backend>, server: Arc<dyn Backend>) -> Pair {
    let alice = Principal::new("", "alice@CORP.TEST");
    Pair::new(name, client, server, Arc::new(Alice))
        .with_login(Credentials::CurrentUser, alice.clone())
        .with_current_user(alice)
        .with_attributes(
            Attributes::INTEGRITY
                | Attributes::REPLAY_DETECT
                | Attributes::SEQUENCE_DETECT
                | Attributes::CONFIDENTIALITY
                | Attributes::MUTUAL_AUTH,
        )
        .with_client_request(Request::target(TARGET))
        .with_server_request(Request::target(TARGET))
}
