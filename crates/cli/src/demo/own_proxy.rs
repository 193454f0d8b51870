//! The same against the reader's own proxy, as far as that makes sense: nothing that could lock an account.

use super::diary::{Detail, Diary};
use super::stage::{client, page};
use super::{DemoArgs, Proof, heading, summary};
use crate::exit::{Exit, Failure};
use crate::fetch;
use crate::screen::{Line, Screen};
use gatepass::Credentials;
use gatepass::backend::Principal;
use gatepass_client::Proxy;
use std::sync::Arc;

/// Fetches the URLs through `proxy`, and shows each conversation.
pub(crate) async fn show(args: &DemoArgs, proxy: &str, user: &str) -> Result<Exit, Failure> {
    let proxy = Proxy::parse(proxy).map_err(|error| fetch::failure(&error))?;
    let tls = fetch::trust(args.cacert.as_deref(), false)?;
    let proxy_tls = fetch::trust(args.proxy_cacert.as_deref(), false)?;
    let principal = Principal::parse(user);
    let password = args.password.password(&principal.to_string())?;
    let proxy = proxy.with_credentials(Credentials::Password(principal, password));

    let mut out = Screen::stdout();
    out.plain("No wrong password and no changed message is tried here, since accounts get locked;")?;
    out.plain("`gatepass demo` without --proxy shows how both are refused.")?;
    let mut proofs = Vec::new();
    for (number, url) in args.url.iter().enumerate() {
        heading(&mut out, &format!("{}. {url}", number.saturating_add(1)))?;
        let url = fetch::Url::parse(url)?;
        let diary = Arc::new(Diary::new(Detail::Decoded));
        let client = client(proxy.clone(), tls.clone(), &diary).with_proxy_tls(proxy_tls.clone());
        let answer = page(&client, &url.uri).await;
        diary.take().iter().try_for_each(|line| out.line(line))?;
        // One refusal is enough: the next URL would be the second attempt.
        let page = match answer {
            Ok(page) if page.status == 407 => return Err(Failure::new(Exit::DENIED, page.text)),
            Err(error) if error.status().is_some_and(|status| status == 407) => {
                return Err(Failure::new(Exit::DENIED, error.to_string()));
            }
            Ok(page) => page,
            Err(error) => return Err(fetch::failure(&error)),
        };
        out.line(&Line::new().plain("   ").faint("the client says: ").plain(&page.text))?;
        let what = match url.origin.is_secure() {
            true => "an answer came over https, through a tunnel of the proxy",
            false => "an answer came over http, through the proxy",
        };
        proofs.push(Proof { what, shown: true });
    }
    summary(&mut out, &proofs)
}
