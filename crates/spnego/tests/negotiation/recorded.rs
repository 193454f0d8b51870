//! The recorded handshake pyspnego-negotiate: pyspnego as the client, Samba's `ntlm_auth --helper-protocol=gss-spnego` as the
//! server.

use crate::peers::Alice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, Principal, Request,
    SecurityContext, SessionKey, Step,
};
use gatepass_engine::{AwaitingAuthenticate, Sealer, Unsealer};
use gatepass_spnego::{NegTokenResp, Oid, Spnego, Token};
use std::sync::Arc;

/// The tokens, the server's last one included.
fn tokens() -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
    let text = std::fs::read_to_string(path).unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let entry = entries.into_iter().find(|entry| entry["name"] == "pyspnego-negotiate").unwrap();
    let last = entry["detail"].as_str().unwrap().split_once(' ').unwrap().0;
    let messages = entry["messages"].as_array().unwrap();
    let texts = messages.iter().map(|message| message["b64"].as_str().unwrap()).chain([last]);
    texts.map(|text| STANDARD.decode(text).unwrap()).collect()
}

/// NTLM whose server sends the recorded CHALLENGE.
#[derive(Clone, Debug)]
struct Recorded(Vec<u8>);

impl Backend for Recorded {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Error> {
        Err(Error::new(ErrorKind::Unsupported))
    }

    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(self.clone()))
    }
}

impl Handshake for Recorded {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let next = Box::new(Resumed(AwaitingAuthenticate::resume(token, &self.0)?));
        Ok(Step::Continue { token: self.0, next })
    }
}

#[derive(Debug)]
struct Resumed(AwaitingAuthenticate);

impl Handshake for Resumed {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let claim = self.0.authenticate(token)?;
        let nt_hash = Alice.nt_hash(claim.principal());
        let (sealer, unsealer) = claim.verify(nt_hash.as_ref())?.into_session().split();
        Ok(Step::Complete { token: None, context: Box::new(Halves(sealer, unsealer)) })
    }
}

#[derive(Debug)]
struct Halves(Sealer, Unsealer);

impl SecurityContext for Halves {
    fn attributes(&self) -> Attributes {
        Attributes::INTEGRITY
    }

    fn peer(&self) -> Option<&Principal> {
        None
    }

    fn session_key(&self) -> Option<SessionKey> {
        None
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign(message)?.to_vec())
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.1.verify(message, signature)?)
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.seal(message)?.to_vec())
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.1.unseal(message, signature)?)
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.mech_list_mic(list)?.to_vec())
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        Ok(self.1.verify_mech_list_mic(list, mic)?)
    }
}

fn response_token(token: &[u8]) -> Vec<u8> {
    match Token::decode(token) {
        Ok(Token::Resp(NegTokenResp { response_token: Some(message), .. })) => message.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn our_server_answers_pyspnego_with_the_bytes_of_sambas() {
    let tokens = tokens();
    let [offer, challenge, authenticate, last] = &tokens[..] else { panic!("{} tokens", tokens.len()) };
    let ntlm = Recorded(response_token(challenge));
    let server = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(ntlm));
    let server = server.accept(Arc::new(Alice), &Request::new()).unwrap();
    let Step::Continue { token, next } = server.step(offer).unwrap() else { panic!("done too early") };
    assert_eq!(&token, challenge);
    let Step::Complete { token, .. } = next.step(authenticate).unwrap() else { panic!("not done") };
    assert_eq!(&token.unwrap(), last);
}

#[test]
fn a22_the_recorded_checksum_fits_no_other_list() {
    let tokens = tokens();
    let [mut offer, challenge, authenticate, _] = <[Vec<u8>; 4]>::try_from(tokens).unwrap();
    let name = offer.windows(10).position(|window| window == Oid::NTLMSSP.contents()).unwrap();
    // The list in a longer form, which says the same.
    let list = name - 4;
    assert_eq!(offer[list..name], [0x30, 12, 6, 10]);
    offer.splice(list + 1..list + 2, [0x81, 12]);
    for at in [1, 11, 13, list - 1] {
        offer[at] += 1;
    }
    assert!(Token::decode(&offer).is_ok());
    let server =
        Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Recorded(response_token(&challenge))));
    let server = server.accept(Arc::new(Alice), &Request::new()).unwrap();
    let Step::Continue { next, .. } = server.step(&offer).unwrap() else { panic!("done too early") };
    assert_eq!(next.step(&authenticate).unwrap_err().kind(), ErrorKind::MessageAltered);
}
