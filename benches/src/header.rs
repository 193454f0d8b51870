//! The header of HTTP that carries a CHALLENGE: the grammar of its line, and the token's base64.

use crate::{Figure, messages, work};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatepass_http::challenges;

pub(crate) fn figures() -> Vec<Figure> {
    let base64 = STANDARD.encode(messages::challenge());
    let line = format!("NTLM {base64}");
    vec![
        Figure::new(
            "header/challenge",
            work(
                64,
                || (),
                move |()| {
                    challenges([line.as_bytes()])
                        .flatten()
                        .find_map(|challenge| challenge.token().ok().flatten())
                },
            ),
        )
        .over(work(64, || (), move |()| STANDARD.decode(&base64))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_finds_the_token() {
        let line = format!("NTLM {}", STANDARD.encode(messages::challenge()));
        let found = challenges([line.as_bytes()]).flatten().find_map(|one| one.token().ok().flatten());
        assert_eq!(found, Some(messages::challenge()));
    }
}
