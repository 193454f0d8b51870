//! Logins that wait for something outside the process, while other tasks of the same thread go on.

use crate::support::get;
use gatepass::{
    Accounts, Backend, CredentialSource, Credentials, Error, ErrorKind, Handshake, Ntlm, Platform, Request,
    Step,
};
use gatepass_client::{Client, Proxy, Side};
use gatepass_http::{Mechanisms, Scheme};
use gatepass_mock_proxy::{MockProxy, Running};
use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A door that somebody else must open: it stays shut for as long as the thread that should open it is the one that waits.
#[derive(Clone, Debug)]
struct Door {
    knock: UnboundedSender<()>,
    opened: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Door {
    fn new() -> (Self, UnboundedReceiver<()>, mpsc::Sender<()>) {
        let ((knock, knocks), (open, opened)) = (unbounded_channel(), mpsc::channel());
        (Self { knock, opened: Arc::new(Mutex::new(opened)) }, knocks, open)
    }

    fn pass(&self) -> Result<(), Error> {
        self.knock.send(()).unwrap();
        let opened = self.opened.lock().unwrap().recv_timeout(Duration::from_secs(20));
        opened.map_err(|_| Error::with_source(ErrorKind::Internal, "nobody else could run"))
    }
}

/// Opens the door whenever somebody knocks, from a task of the runtime, and counts.
fn porter(mut knocks: UnboundedReceiver<()>, open: mpsc::Sender<()>) -> tokio::task::JoinHandle<usize> {
    tokio::spawn(async move {
        let mut count = 0;
        while knocks.recv().await.is_some() {
            count += 1;
            open.send(()).unwrap();
        }
        count
    })
}

/// NTLM behind a door at each step.
#[derive(Debug)]
struct Behind(Door);

#[derive(Debug)]
struct Waiting(Door, Box<dyn Handshake>);

impl Backend for Behind {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        self.0.pass()?;
        match Ntlm::new().initiate(credentials, request)? {
            Step::Continue { token, next } => {
                Ok(Step::Continue { token, next: Box::new(Waiting(self.0.clone(), next)) })
            }
            done => Ok(done),
        }
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ntlm::new().accept(accounts, request)
    }

    fn blocks(&self) -> bool {
        true
    }
}

impl Handshake for Waiting {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        self.0.pass()?;
        self.1.step(token)
    }
}

/// A source behind a door, which writes down for whom it was asked.
#[derive(Debug)]
struct Asked(Door, Mutex<Vec<String>>);

impl CredentialSource for Asked {
    fn name(&self) -> &str {
        "the porter"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Error> {
        self.0.pass()?;
        self.1.lock().unwrap().extend(request.peer().map(str::to_owned));
        Ok(Some(Credentials::password("CORP\\alice", "pw")))
    }
}

fn start() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").offer(&[Scheme::Ntlm]).start().unwrap()
}

fn client(mock: &Running, credentials: Credentials, mechanisms: Mechanisms) -> Client {
    let proxy = Proxy::parse(&mock.url()).unwrap().with_credentials(credentials);
    Client::new().with_proxy(proxy).with_mechanisms(Side::Proxy, mechanisms)
}

#[tokio::test(flavor = "current_thread")]
async fn a_step_that_blocks_does_not_stop_the_other_tasks_of_its_thread() {
    let (door, knocks, open) = Door::new();
    let porter = porter(knocks, open);
    let mock = start();
    let alice = Credentials::password("CORP\\alice", "pw");
    let client = client(&mock, alice, Mechanisms::ntlm(Arc::new(Behind(door))));
    for _ in 0..2 {
        let response = client.send(get(format!("{}bytes/10", mock.origin_url()))).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.into_body().read_to_end(10).await.unwrap().len(), 10);
    }
    drop(client);
    assert_eq!(porter.await.unwrap(), 2, "one login: NEGOTIATE and AUTHENTICATE");
    assert_eq!(mock.finish().authenticates().count(), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_source_that_blocks_is_asked_elsewhere_for_the_proxy_that_wants_the_login() {
    let (door, knocks, open) = Door::new();
    let porter = porter(knocks, open);
    let mock = start();
    let source = Arc::new(Asked(door, Mutex::default()));
    let platform = Platform::new().with_credentials(Arc::<Asked>::clone(&source));
    let client = client(&mock, Credentials::CurrentUser, platform.mechanisms());
    let response = client.send(get(format!("{}status/204", mock.origin_url()))).await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(*source.1.lock().unwrap(), [mock.url().trim_end_matches('/')]);
    drop((client, source, platform));
    assert_eq!(porter.await.unwrap(), 1);
}
