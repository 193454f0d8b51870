//! sspi 0.23 (sspi-rs).

use crate::Contestant;
use gatepass_benches::{messages, work};
use sspi::{
    AuthIdentity, AuthIdentityBuffers, BufferType, ClientRequestFlags, CredentialUse, DataRepresentation,
    EncryptionFlags, Ntlm, SecurityBuffer, SecurityBufferRef, SecurityStatus, ServerRequestFlags, Sspi,
    SspiImpl, Username,
};

const PEER: &str = "sspi 0.23";

/// What its client asks for, as ours does.
const SEALED: ClientRequestFlags = ClientRequestFlags::CONFIDENTIALITY;

/// A context with its credentials.
struct Party {
    ntlm: Ntlm,
    credentials: Option<AuthIdentityBuffers>,
}

impl Party {
    fn new(direction: CredentialUse) -> Self {
        let identity = AuthIdentity {
            username: Username::new(messages::USER, Some(messages::DOMAIN)).expect("it is a user's name"),
            password: String::from(messages::PASSWORD).into(),
        };
        let mut ntlm = Ntlm::new();
        let acquired = ntlm
            .acquire_credentials_handle()
            .with_credential_use(direction)
            .with_auth_data(&identity)
            .execute(&mut ntlm)
            .expect("a password is a credential");
        Self { ntlm, credentials: acquired.credentials_handle }
    }

    fn client() -> Self {
        Self::new(CredentialUse::Outbound)
    }

    fn server() -> Self {
        Self::new(CredentialUse::Inbound)
    }

    /// `InitializeSecurityContext`.
    fn initialize(&mut self, token: Vec<u8>) -> Vec<u8> {
        let mut input = [SecurityBuffer::new(token, BufferType::Token)];
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut builder = self
            .ntlm
            .initialize_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(SEALED | ClientRequestFlags::ALLOCATE_MEMORY)
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(messages::TARGET)
            .with_input(&mut input)
            .with_output(&mut output);
        self.ntlm
            .initialize_security_context_impl(&mut builder)
            .and_then(|mut step| step.resolve_to_result())
            .expect("the client goes on");
        output.remove(0).buffer
    }

    /// `AcceptSecurityContext`, and `CompleteAuthToken` where it asks for it.
    fn accept(&mut self, token: Vec<u8>) -> Vec<u8> {
        let mut input = [SecurityBuffer::new(token, BufferType::Token)];
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let builder = self
            .ntlm
            .accept_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(ServerRequestFlags::ALLOCATE_MEMORY)
            .with_target_data_representation(DataRepresentation::Native)
            .with_input(&mut input)
            .with_output(&mut output);
        let step = self
            .ntlm
            .accept_security_context_impl(builder)
            .and_then(|mut step| step.resolve_to_result())
            .expect("the server goes on");
        if [SecurityStatus::CompleteAndContinue, SecurityStatus::CompleteNeeded].contains(&step.status) {
            self.ntlm.complete_auth_token(&mut output).expect("the password is right");
        }
        output.remove(0).buffer
    }

    fn seal(&mut self, message: &mut [u8]) -> [u8; 16] {
        let mut signature = [0; 16];
        let mut buffers =
            [SecurityBufferRef::token_buf(&mut signature), SecurityBufferRef::data_buf(message)];
        self.ntlm.encrypt_message(EncryptionFlags::empty(), &mut buffers).expect("it seals");
        signature
    }

    fn unseal(&mut self, message: &mut [u8], signature: &mut [u8; 16]) {
        let mut buffers = [SecurityBufferRef::token_buf(signature), SecurityBufferRef::data_buf(message)];
        self.ntlm.decrypt_message(&mut buffers).expect("it unseals");
    }
}

pub(crate) fn contestants() -> Vec<Contestant> {
    let mut contestants = vec![
        Contestant::new("client/password", PEER, work(64, Party::client, answer())),
        Contestant::new("client/password, random", PEER, work(64, Party::client, answer())),
        Contestant::new(
            "client/cached",
            "sspi 0.23, which caches nothing",
            work(64, Party::client, answer()),
        ),
        Contestant::new(
            "client/cached, random",
            "sspi 0.23, which caches nothing",
            work(64, Party::client, answer()),
        ),
    ];
    for figure in ["client+server", "client+server, random"] {
        contestants.push(Contestant::new(
            figure,
            PEER,
            work(64, || (Party::client(), Party::server()), |(client, server)| handshake(client, server)),
        ));
    }
    let sizes = [
        (64, "seal/64 B", "unseal/64 B"),
        (1024, "seal/1 KiB", "unseal/1 KiB"),
        (65536, "seal/64 KiB", "unseal/64 KiB"),
    ];
    for (size, seal, unseal) in sizes {
        let (mut client, _) = pair();
        let mut message = vec![0x5a; size];
        contestants.push(Contestant::new(seal, PEER, work(64, || (), move |()| client.seal(&mut message))));
        let (mut client, mut server) = pair();
        let sealed = move || {
            let mut message = vec![0x5a; size];
            let signature = client.seal(&mut message);
            (message, signature)
        };
        let work = work(if size > 4096 { 1 } else { 64 }, sealed, move |(mut message, mut signature)| {
            server.unseal(&mut message, &mut signature);
            message
        });
        contestants.push(Contestant::new(unseal, PEER, work));
    }
    contestants
}

/// Both legs of the client.
fn answer() -> impl FnMut(Party) -> (Vec<u8>, Vec<u8>, Party) {
    let challenge = messages::challenge();
    move |mut client| {
        let negotiate = client.initialize(Vec::new());
        let authenticate = client.initialize(challenge.clone());
        (negotiate, authenticate, client)
    }
}

fn handshake(mut client: Party, mut server: Party) -> (Party, Party) {
    let negotiate = client.initialize(Vec::new());
    let challenge = server.accept(negotiate);
    let authenticate = client.initialize(challenge);
    server.accept(authenticate);
    (client, server)
}

/// A client and a server that have agreed on sealing.
fn pair() -> (Party, Party) {
    handshake(Party::client(), Party::server())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_client_answers_with_the_password() {
        let (negotiate, authenticate, _) = answer()(Party::client());
        crate::accepts(&messages::challenge(), &negotiate, &authenticate);
    }

    #[test]
    fn its_server_accepts_and_unseals() {
        let (mut client, mut server) = pair();
        for _ in 0..3 {
            let mut message = *b"a message that is sealed";
            let mut signature = client.seal(&mut message);
            assert_ne!(message, *b"a message that is sealed");
            server.unseal(&mut message, &mut signature);
            assert_eq!(message, *b"a message that is sealed");
        }
    }
}
