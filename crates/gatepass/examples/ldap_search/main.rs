//! Searches a directory over LDAP, with every message sealed: the handshake's keys at work.
//!
//! ```text
//! GATEPASS_PASSWORD=.. ldap_search HOST:PORT USER BASE WANTED ATTRIBUTE=VALUE..     or the password on standard input
//! ```
//! Binds by GSS-SPNEGO with NTLM inside; from there on each message is sealed, both ways. Searches for each ATTRIBUTE=VALUE in
//! turn, and prints the entries found with their values of the attribute WANTED. A wrong password is tried once.

mod ber;
#[path = "../caller/mod.rs"]
mod caller;
mod connection;
mod message;

use std::io::{self, Write};
use std::process::ExitCode;

use caller::Result;
use connection::Connection;
use gatepass::{Attributes, Credentials, Request, SecurityContext, Step};
use message::{Outcome, Response};

fn main() -> ExitCode {
    caller::end("ldap_search", run())
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, base, wanted, filters @ ..] = arguments.as_slice() else {
        return Err("usage: ldap_search HOST:PORT USER BASE WANTED ATTRIBUTE=VALUE.., with the password in GATEPASS_PASSWORD or \
             on standard input"
            .into());
    };
    let (host, _) =
        address.rsplit_once(':').ok_or("the first argument is HOST:PORT, such as dc.corp.example:389")?;
    let filters: Vec<(&str, &str)> = filters
        .iter()
        .map(|filter| {
            filter
                .split_once('=')
                .ok_or("what to search for is ATTRIBUTE=VALUE, such as sAMAccountName=alice")
        })
        .collect::<std::result::Result<_, _>>()?;
    if filters.is_empty() || filters.len() > 100 {
        return Err("between one and a hundred searches fit".into());
    }
    let credentials = Credentials::password(user, caller::password()?);
    let mut connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
    let (context, mut id) = bind(&mut connection, host, &credentials)?;
    connection.seal_with(context)?;
    for (attribute, value) in filters {
        id += 1;
        connection.send(message::search(id, base, attribute, value, wanted))?;
        print_found(&mut connection, id)?;
    }
    connection.send(message::unbind(id + 1))
}

fn print_found(connection: &mut Connection, id: u8) -> Result<()> {
    loop {
        match connection.receive(id)? {
            Response::Entry(name, attributes) => print(&name, &attributes)?,
            Response::Reference => {}
            Response::Done(Outcome { code: Outcome::SUCCESS, .. }) => return Ok(()),
            Response::Done(outcome) => return Err(outcome.failure("search").into()),
            Response::Bind(..) => return Err("the server answered a search with a bind".into()),
        }
    }
}

/// The handshake, a token for each bind request. Ends with the context and the number of the last request.
fn bind(
    connection: &mut Connection,
    host: &str,
    credentials: &Credentials,
) -> Result<(Box<dyn SecurityContext>, u8)> {
    let request = Request::target(format!("ldap/{host}"))
        .with_requirements(Attributes::INTEGRITY | Attributes::CONFIDENTIALITY);
    let mut step = gatepass::negotiate().initiate(credentials, &request)?;
    for id in 1..=8 {
        let (token, next) = match step {
            Step::Continue { token, next } => (token, next),
            Step::Complete { .. } => return Err("the login ended with a token that nobody waits for".into()),
        };
        connection.send(message::bind(id, &token))?;
        let Response::Bind(outcome, token) = connection.receive(id)? else {
            return Err("the server did not answer the bind".into());
        };
        let done = match outcome.code {
            Outcome::SUCCESS => true,
            Outcome::BIND_IN_PROGRESS => false,
            _ => return Err(outcome.failure("login refused").into()),
        };
        step = match (token, done) {
            (Some(token), _) => next.step(&token)?,
            (None, true) => return Ok((next.conclude()?, id)),
            (None, false) => return Err("the server wants to go on and says nothing".into()),
        };
        match step {
            Step::Complete { token: None, context } if done => return Ok((context, id)),
            _ if done => return Err("the server ended the login, which is not over".into()),
            _ => {}
        }
    }
    Err("the login does not end".into())
}

fn print(name: &str, attributes: &[(String, Vec<Vec<u8>>)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", shown(name.as_bytes()))?;
    for (name, values) in attributes {
        for value in values {
            writeln!(out, "  {}: {}", shown(name.as_bytes()), shown(value))?;
        }
    }
    Ok(())
}

/// What a server says, without what drives a terminal.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}
