//! The files of the page. They are in the program, so that it needs no network and no directory.

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal $kind:expr;)*) => {
        &[$((concat!("/", $name), $kind, include_str!(concat!("../../page/", $name)))),*]
    };
}

/// Path, kind, content.
const FILES: &[(&str, &str, &str)] = files! {
    "index.html" HTML;
    "page.css" CSS;
    "page.js" SCRIPT;
    "client.js" SCRIPT;
    "conversation.js" SCRIPT;
    "connections.js" SCRIPT;
    "diagram.js" SCRIPT;
    "message.js" SCRIPT;
    "faults.js" SCRIPT;
    "script.js" SCRIPT;
    "verdicts.js" SCRIPT;
    "elements.js" SCRIPT;
    "icon.svg" SVG;
};

/// The kind and the content of the file at `path`.
pub(super) fn named(path: &str) -> Option<(&'static str, &'static str)> {
    let path = if path == "/" { "/index.html" } else { path };
    FILES.iter().find(|(known, ..)| *known == path).map(|(_, kind, text)| (*kind, *text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_files_comes_from_elsewhere_or_makes_markup_of_text() {
        for (path, _, text) in FILES {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "onclick=",
                "style=\"",
            ] {
                assert!(!text.contains(word), "{path} has {word}");
            }
            let addresses = text
                .match_indices("://")
                .map(|(at, _)| &text[at.saturating_sub(5)..(at + 20).min(text.len())]);
            for address in addresses {
                let harmless = ["http://www.w3.org/", "http://origin.test", "https://origin.test"];
                assert!(
                    harmless.iter().any(|known| address.contains(&known[..known.len().min(20)])),
                    "{path}: {address}"
                );
            }
        }
    }
}
