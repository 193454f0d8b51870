//! Reads a file from a share over SMB 2.1: the handshake as another protocol than HTTP uses it.
//!
//! ```text
//! GATEPASS_PASSWORD=.. smb_read HOST:PORT SHARE FILE USER     or the password as the first line of standard input
//! ```
//! Session setup carries SPNEGO with NTLM inside ([MS-SMB2] 3.2.4.2.3), every message after it is signed with the exported
//! session key, and every answer must be. The file goes to standard output, what was agreed to standard error. A wrong password
//! is tried once.

#[path = "../caller/mod.rs"]
mod caller;
mod connection;
mod message;
mod signature;
mod status;

use std::io::{self, Write};
use std::process::ExitCode;

use caller::Result;
use connection::{Answer, Connection};
use gatepass::spnego::{Oid, Token};
use gatepass::{Attributes, Credentials, Request, SecurityContext, Step};
use message::Command;
use status::Status;

fn main() -> ExitCode {
    caller::end("smb_read", run())
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, share, file, user] = arguments.as_slice() else {
        return Err("usage: smb_read HOST:PORT SHARE FILE USER, with the password in GATEPASS_PASSWORD or on standard input".into());
    };
    let (host, _) =
        address.rsplit_once(':').ok_or("the first argument is HOST:PORT, such as files.corp.example:445")?;
    if arguments.iter().any(|argument| argument.len() > 8000) {
        return Err("no server, share, file or user has so long a name".into());
    }
    let credentials = Credentials::password(user, caller::password()?);
    let mut connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
    log_in(&mut connection, host, &credentials)?;

    let path = format!(r"\\{host}\{share}");
    connection.ask(Command::TreeConnect, &message::tree_connect(&path))?.success(&path)?;
    read(&mut connection, file)?;
    connection.ask(Command::Logoff, &message::logoff())?.success("logoff")?;
    Ok(())
}

/// Negotiates the dialect, logs in, and leaves the connection signed.
fn log_in(connection: &mut Connection, host: &str, credentials: &Credentials) -> Result<()> {
    let offer = connection.ask(Command::Negotiate, &message::negotiate())?.success("negotiate")?;
    let dialect = message::dialect(&offer).ok_or("the server chose a dialect that it was not offered")?;
    let hint = message::negotiate_token(&offer).ok_or("the server's negotiate response is cut short")?;
    if let Ok(Token::Init(hint)) = Token::decode(hint)
        && !hint.mech_types.iter().any(|oid| oid == Oid::NTLMSSP)
    {
        return Err(format!("the server offers no NTLM, only {:?}", hint.mech_types).into());
    }
    let request = Request::target(format!("cifs/{host}")).with_requirements(Attributes::INTEGRITY);
    let (context, answer, checked) =
        session_setup(connection, gatepass::negotiate().initiate(credentials, &request)?)?;
    if message::is_guest_or_null(&answer.message) != Some(false) {
        return Err("the server let in a guest, who cannot sign: it does not know this user".into());
    }
    connection.sign_with(context.session_key().ok_or("the login left no session key")?, &answer)?;
    let list = if checked { "verified" } else { "not sent" };
    writeln!(io::stderr(), "SMB {}.{}, signed; mechListMIC {list}", dialect >> 8, dialect >> 4 & 15)?;
    Ok(())
}

/// The handshake, a token for each session setup. Ends with the server's last word and whether it had a mechListMIC, which
/// SPNEGO has checked by then.
fn session_setup(
    connection: &mut Connection,
    mut step: Step,
) -> Result<(Box<dyn SecurityContext>, Answer, bool)> {
    let mut last = None;
    loop {
        match step {
            Step::Complete { token: None, context } => {
                let (answer, checked) = last.ok_or("the login ended before the server spoke")?;
                return Ok((context, answer, checked));
            }
            Step::Complete { .. } => return Err("the login ended with a token that nobody waits for".into()),
            Step::Continue { token, next } => {
                let answer = connection.ask(Command::SessionSetup, &message::session_setup(&token))?;
                if !matches!(answer.status, Status::SUCCESS | Status::MORE_PROCESSING_REQUIRED) {
                    return Err(format!("login refused: {}", answer.status).into());
                }
                let token =
                    message::session_token(&answer.message).ok_or("the server's token is cut short")?;
                step = next.step(token)?;
                let checked =
                    matches!(Token::decode(token), Ok(Token::Resp(resp)) if resp.mech_list_mic.is_some());
                last = Some((answer, checked));
            }
        }
    }
}

/// The whole file to standard output, in pieces of what any server sends at once.
fn read(connection: &mut Connection, name: &str) -> Result<()> {
    const PIECE: u32 = 1 << 16;
    let opened = connection.ask(Command::Create, &message::create(name))?.success(name)?;
    let file = message::file_id(&opened).ok_or("the server's create response is cut short")?;
    let mut offset = 0;
    loop {
        let answer = connection.ask(Command::Read, &message::read(&file, offset, PIECE))?;
        if answer.status == Status::END_OF_FILE {
            return Ok(());
        }
        let answer = answer.success(name)?;
        let piece = message::data(&answer).ok_or("the server's read response is cut short")?;
        if piece.is_empty() || piece.len() > PIECE as usize {
            return Err(
                "the server's read response has another length than a part of the file can have".into()
            );
        }
        io::stdout().write_all(piece)?;
        offset += piece.len() as u64;
    }
}
