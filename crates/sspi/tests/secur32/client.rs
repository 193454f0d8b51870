//! secur32 as the client, the engine as the server that judges it.

use crate::support::{USERS, Users, is_wine, protected, shake};
use gatepass_backend::{Attributes, Backend, Credentials, Password, Principal, Request, Step};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi, Turn};
use std::sync::Arc;

const PACKAGES: [Package; 2] = [Package::Ntlm, Package::Negotiate];

/// A server that takes what both packages say: Wine's Negotiate speaks NTLM without SPNEGO around it, Windows' does not.
fn packages() -> &'static [Package] {
    if is_wine() { &PACKAGES } else { &[Package::Ntlm] }
}

#[test]
fn every_name_and_password_logs_in_at_the_engine() {
    for package in packages() {
        // Samba's ntlm_auth, which is behind Wine's NTLM, takes an empty password for none.
        for (user, password) in USERS.into_iter().filter(|(_, password)| !(password.is_empty() && is_wine()))
        {
            let who =
                if user.contains('@') { Principal::new("", user) } else { Principal::new("CORP", user) };
            let credentials = Credentials::Password(who, Password::from(password));
            let request = protected();
            let ends = shake(&Sspi::new(*package), &Ntlm::new(), &credentials, &request, &request);
            let ends = ends.unwrap_or_else(|ended| panic!("{package:?} {user}: {ended:?}"));
            let peer = ends.server.peer().expect("the engine knows whom it lets in");
            assert_eq!(peer.user(), user, "{package:?}");
            assert_eq!(ends.client.peer(), None, "NTLM proves nothing of its server");
        }
    }
}

#[test]
fn attributes_are_those_that_were_agreed_on() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let ends = shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &request, &request).unwrap();
    assert!(ends.client.attributes().contains(request.requirements()), "{:?}", ends.client.attributes());
    assert!(!ends.client.attributes().contains(Attributes::DELEGATE));
    let bare = Request::target("HTTP/proxy.corp.test");
    let ends = shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &bare, &bare).unwrap();
    assert!(!ends.client.attributes().contains(Attributes::CONFIDENTIALITY), "nobody asked for it");
}

#[test]
fn both_ends_have_the_same_session_key() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let ends = shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &request, &request).unwrap();
    match (ends.client.session_key(), ends.server.session_key()) {
        (Some(client), Some(server)) => assert!(client.ct_eq(&server)),
        (None, Some(_)) => assert!(is_wine(), "Windows gives the key out, Wine does not"),
        (_, None) => panic!("the engine gives the key out"),
    }
}

#[test]
fn an_established_context_tells_what_sspi_tells() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let turn = Sspi::new(Package::Ntlm).client(&credentials, &request).unwrap();
    let Turn::Continue { token, next } = turn else { panic!("NTLM has three messages") };
    let server = Ntlm::new().accept(Arc::new(Users), &request).unwrap();
    let Step::Continue { token, .. } = server.step(&token).unwrap() else {
        panic!("NTLM has three messages")
    };
    let Turn::Complete { context, token: Some(_) } = next.step(&token).unwrap() else {
        panic!("AUTHENTICATE is the last message")
    };
    let sizes = context.sizes().unwrap();
    assert_eq!((sizes.max_signature, sizes.security_trailer), (16, 16));
    // ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY
    assert_eq!(context.flags().unwrap() & 0x0001_0010, 0x0001_0010);
    match context.package() {
        Ok(package) => assert_eq!(package.name, "NTLM"),
        Err(failure) => assert!(is_wine(), "{failure}"),
    }
    match context.lifespan() {
        Ok(lifespan) => assert!(lifespan.expiry > lifespan.start, "{lifespan:?}"),
        Err(failure) => assert!(is_wine(), "{failure}"),
    }
    // NTLM has no names of both sides; only the error must be one.
    assert!(
        context.native_names().is_ok_and(|names| !names.client.is_empty()) || context.native_names().is_err()
    );
}

#[test]
fn a50_each_handshake_has_the_credentials_that_it_was_given_and_no_others() {
    let backend: Arc<dyn Backend> = Arc::new(Sspi::new(Package::Ntlm));
    let request = protected();
    // Both begin before either goes on.
    let begun: Vec<_> =
        [("CORP\\alice", "Passw0rd!"), ("CORP\\bob", "Bob-Passw0rd!"), ("CORP\\alice", "wrong")]
            .into_iter()
            .map(|(name, password)| {
                backend.initiate(&Credentials::password(name, password), &request).unwrap()
            })
            .collect();
    let ended: Vec<_> = begun
        .into_iter()
        .map(|step| {
            let Step::Continue { token, next } = step else { panic!("NTLM has three messages") };
            let server = Ntlm::new().accept(Arc::new(Users), &request).unwrap();
            let Step::Continue { token, next: server } = server.step(&token).unwrap() else {
                panic!("no CHALLENGE")
            };
            let Step::Complete { token: Some(token), .. } = next.step(&token).unwrap() else {
                panic!("no AUTHENTICATE")
            };
            match server.step(&token) {
                Ok(Step::Complete { context, .. }) => context.peer().map(|peer| peer.user().to_owned()),
                Ok(Step::Continue { .. }) => panic!("the server wants more"),
                Err(_) => None,
            }
        })
        .collect();
    assert_eq!(ended, [Some("alice".to_owned()), Some("bob".to_owned()), None]);
}

#[test]
fn a_handshake_goes_on_in_another_thread() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let Step::Continue { token, next } = Sspi::new(Package::Ntlm).initiate(&credentials, &request).unwrap()
    else {
        panic!("NTLM has three messages")
    };
    let server = Ntlm::new().accept(Arc::new(Users), &request).unwrap();
    let Step::Continue { token, next: server } = server.step(&token).unwrap() else { panic!("no CHALLENGE") };
    let signed = std::thread::spawn(move || {
        let Step::Complete { token: Some(token), mut context } = next.step(&token).unwrap() else {
            panic!("no AUTHENTICATE")
        };
        (token, context.sign(b"from another thread").unwrap())
    });
    let (token, signature) = signed.join().unwrap();
    let Step::Complete { mut context, .. } = server.step(&token).unwrap() else {
        panic!("the server wants more")
    };
    context.verify(b"from another thread", &signature).unwrap();
}
