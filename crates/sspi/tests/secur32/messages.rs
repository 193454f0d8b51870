//! MakeSignature, VerifySignature, EncryptMessage and DecryptMessage against the engine's.

use crate::support::{Ends, protected, shake};
use gatepass_backend::{Credentials, ErrorKind, Request};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi};

fn ends() -> Ends {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &request, &request).unwrap()
}

#[test]
fn messages_of_every_length_are_signed_and_sealed_both_ways_in_their_order() {
    let Ends { mut client, mut server } = ends();
    for length in [0, 1, 16, 17, 1000, 65_536] {
        let message: Vec<u8> = (0..=255).cycle().take(length).collect();
        let signature = client.sign(&message).unwrap();
        server.verify(&message, &signature).unwrap();
        let signature = server.sign(&message).unwrap();
        client.verify(&message, &signature).unwrap();

        let mut sealed = message.clone();
        let signature = client.seal(&mut sealed).unwrap();
        assert!(length < 16 || sealed != message, "{length}");
        server.unseal(&mut sealed, &signature).unwrap();
        assert_eq!(sealed, message);
        let signature = server.seal(&mut sealed).unwrap();
        client.unseal(&mut sealed, &signature).unwrap();
        assert_eq!(sealed, message);
    }
}

#[test]
fn an_altered_message_is_refused_and_ends_the_context() {
    let Ends { mut client, mut server } = ends();
    let signature = server.sign(b"as it was").unwrap();
    assert_eq!(client.verify(b"as it is.", &signature).unwrap_err().kind(), ErrorKind::MessageAltered);
    assert_eq!(client.verify(b"as it was", &signature).unwrap_err().kind(), ErrorKind::OutOfSequence);
    assert_eq!(client.sign(b"anything").unwrap_err().kind(), ErrorKind::OutOfSequence);
}

#[test]
fn what_has_not_the_form_of_a_signature_is_an_altered_one() {
    for length in [0, 1, 15] {
        let Ends { mut client, mut server } = ends();
        let signature = server.sign(b"as it was").unwrap();
        let error = client.verify(b"as it was", &signature[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MessageAltered, "{length}: {error:?}");
    }
}

#[test]
fn what_cannot_be_unsealed_leaves_nothing_behind() {
    let Ends { mut client, mut server } = ends();
    let mut message = *b"a secret message";
    let mut signature = server.seal(&mut message).unwrap();
    signature[8] ^= 1;
    client.unseal(&mut message, &signature).unwrap_err();
    assert_eq!(message, [0; 16]);
}

#[test]
fn what_was_not_agreed_on_is_not_done() {
    let bare = Request::target("HTTP/proxy.corp.test");
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let mut ends = shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &bare, &bare).unwrap();
    assert_eq!(ends.client.seal(&mut [1, 2, 3]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(ends.client.sign(&[1, 2, 3]).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn behind_the_checksum_of_spnego_nothing_is_signed_wrongly() {
    let Ends { mut client, mut server } = ends();
    let list = b"\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
    let mic = client.mech_list_mic(list).unwrap();
    server.verify_mech_list_mic(list, &mic).unwrap();
    let mic = server.mech_list_mic(list).unwrap();
    client.verify_mech_list_mic(list, &mic).unwrap();
    let error = client.sign(b"the first message").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("use the package Negotiate"), "{source}");
}
