//! Logs the current user in at this very machine, both sides by secur32, and says who that is:
//! `cargo run -p gatepass-sspi --example current_user -- Negotiate`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use gatepass_backend::{Attributes, Credentials, Request, SecurityContext};
    use gatepass_sspi::{Package, Sspi, Turn};

    let package = match std::env::args().nth(1).as_deref() {
        Some("NTLM") => Package::Ntlm,
        None | Some("Negotiate") => Package::Negotiate,
        Some(other) => return Err(format!("{other} is not NTLM or Negotiate").into()),
    };
    let request = Request::new().with_requirements(Attributes::INTEGRITY | Attributes::CONFIDENTIALITY);
    let mut turn = Sspi::new(package).client(&Credentials::CurrentUser, &request)?;
    let mut server = Some(Sspi::new(package).server(&request)?);
    let mut accepted = None;
    let mut client = loop {
        let (token, ended) = match turn {
            Turn::Continue { token, next } => (Some(token), Err(next)),
            Turn::Complete { token, context } => (token, Ok(context)),
        };
        let answer = match (token, server.take()) {
            (Some(token), Some(waiting)) => match waiting.step(&token)? {
                Turn::Continue { token, next } => {
                    server = Some(next);
                    Some(token)
                }
                Turn::Complete { token, context } => {
                    accepted = Some(context);
                    token
                }
            },
            _ => None,
        };
        match (ended, answer) {
            (Ok(context), _) => break context,
            (Err(waiting), Some(answer)) => turn = waiting.step(&answer)?,
            (Err(_), None) => return Err("the client waits for a token that does not come".into()),
        }
    };
    let mut server = accepted.ok_or("the server has not let the client in")?;
    let peer = server.peer().ok_or("the server does not know who logged in")?.to_string();
    let signature = client.sign(b"a message")?;
    server.verify(b"a message", &signature)?;
    let keys = client.session_key().zip(server.session_key()).ok_or("a side gives no session key out")?;
    if !keys.0.ct_eq(&keys.1) {
        return Err("the session keys differ".into());
    }
    println!("{peer} by {}, {:?}", client.package()?.name, client.attributes());
    Ok(())
}

#[cfg(not(windows))]
fn main() {
    println!("SSPI is part of Windows: run this there");
}
