//! Fetches a URL: `get URL [user[:password]] [roots.pem]`, through the proxy that the environment names, with the login in
//! the proxy's URL. The other user is the origin's.

use bytes::Bytes;
use gatepass::Credentials;
use gatepass_client::{Client, Origin, Outcome, Proxies, Tls};
use http_body_util::Empty;
use std::{env, error::Error, io::Write};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or("which URL?")?;
    let mut client = Client::new().with_proxy(Proxies::from_environment(|name| env::var(name).ok())?);
    if let Some(login) = arguments.next().filter(|login| !login.is_empty()) {
        let (user, password) = login.split_once(':').unwrap_or((&login, ""));
        client = client.with_origin_credentials(Origin::parse(&url)?, Credentials::password(user, password));
    }
    if let Some(file) = arguments.next() {
        let tls = Tls::roots(&std::fs::read(file)?)?;
        client = client.with_tls(tls.clone()).with_proxy_tls(tls);
    }

    let response = client.send(http::Request::get(&url).body(Empty::<Bytes>::new())?).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", response.status())?;
    if let Some(denied) = Outcome::of(&response).denied {
        writeln!(out, "{denied}")?;
    }
    let mut body = response.into_body();
    while let Some(chunk) = body.chunk().await? {
        out.write_all(&chunk)?;
    }
    Ok(())
}
