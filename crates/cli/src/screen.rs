//! The one place that writes to standard output and standard error.
//!
//! Text reaches a terminal only as a [`Line`], and a line escapes whatever is appended to it: names, headers and error
//! texts of a hostile peer cannot move the cursor, set the title or turn the reading direction. Colours are put in here,
//! after the escaping, and only on a terminal (and never when `NO_COLOR` is set).

use std::io::{self, IsTerminal, Write};

/// Where lines go.
pub(crate) struct Screen {
    sink: Box<dyn Write>,
    colours: bool,
}

impl Screen {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        let out = io::stdout();
        Self { colours: colours(out.is_terminal()), sink: Box::new(out) }
    }

    /// Standard error.
    pub(crate) fn stderr() -> Self {
        let err = io::stderr();
        Self { colours: colours(err.is_terminal()), sink: Box::new(err) }
    }

    /// Writes `line` and a line feed.
    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = String::new();
        for (style, part) in &line.0 {
            match (self.colours, style.code()) {
                (true, Some(code)) => text.push_str(&format!("\u{1b}[{code}m{part}\u{1b}[0m")),
                _ => text.push_str(part),
            }
        }
        text.push('\n');
        self.sink.write_all(text.as_bytes())?;
        self.sink.flush()
    }

    /// Writes an unadorned line.
    pub(crate) fn plain(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.line(&Line::new().plain(text))
    }

    /// Writes several lines of this program's own text, such as a help page.
    pub(crate) fn page(&mut self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.plain(line))
    }
}

fn colours(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Reports why the program ends: `gatepass: ` and a sentence. Nothing is left to do when standard error is gone too.
pub(crate) fn complain(sentence: &str) {
    let line = Line::new().styled(Style::Bad, "gatepass").plain(": ").plain(sentence);
    drop(Screen::stderr().line(&line));
}

/// Says on standard error what is worth knowing and no error.
pub(crate) fn remark(sentence: &str) {
    drop(Screen::stderr().line(&Line::new().faint("note: ").plain(sentence)));
}

/// Writes `text` as the user wants it (`-w`): escaped where `stream` is a terminal, since it may quote a peer.
pub(crate) fn raw(mut stream: impl Write + IsTerminal, text: &str) -> io::Result<()> {
    let shown = if stream.is_terminal() {
        text.split_inclusive('\n')
            .map(|line| match line.strip_suffix('\n') {
                Some(line) => escape(line) + "\n",
                None => escape(line),
            })
            .collect()
    } else {
        text.to_owned()
    };
    stream.write_all(shown.as_bytes())?;
    stream.flush()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
}

impl Style {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
        }
    }
}

/// A line in the making; what is appended is escaped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Vec<(Style, String)>);

impl Line {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn styled(mut self, style: Style, text: impl AsRef<str>) -> Self {
        self.0.push((style, escape(text.as_ref())));
        self
    }

    pub(crate) fn plain(self, text: impl AsRef<str>) -> Self {
        self.styled(Style::Plain, text)
    }

    pub(crate) fn strong(self, text: impl AsRef<str>) -> Self {
        self.styled(Style::Strong, text)
    }

    pub(crate) fn faint(self, text: impl AsRef<str>) -> Self {
        self.styled(Style::Faint, text)
    }
}

/// `text` with everything that could drive a terminal written out as `\u{..}`.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            character if drives_a_terminal(character) => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Control characters (C0, DEL, C1), and the invisible ones that turn the direction, break lines or hide text.
pub(crate) const fn drives_a_terminal(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a89_nothing_that_drives_a_terminal_survives_the_escaping() {
        let hostile = "a\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\u{8}\u{202e}\u{2066}\u{0}\u{7f}\u{feff}z";
        let shown = escape(hostile);
        assert!(!shown.chars().any(drives_a_terminal), "{shown}");
        assert_eq!(
            shown,
            "a\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}31m\\r\\u{8}\\u{202e}\\u{2066}\\u{0}\\u{7f}\\u{feff}z"
        );
        assert_eq!(escape("CORP\\jürgen 😀 пароль"), "CORP\\jürgen 😀 пароль");
    }

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn colours_are_the_screens_own_and_never_the_texts() {
        for (colours, expected) in
            [(false, "one\\u{1b}[31mtwo\n"), (true, "\u{1b}[1mone\u{1b}[0m\\u{1b}[31mtwo\n")]
        {
            let shared = Shared::default();
            let mut screen = Screen { sink: Box::new(shared.clone()), colours };
            screen.line(&Line::new().strong("one").plain("\u{1b}[31mtwo")).unwrap();
            assert_eq!(String::from_utf8(shared.0.lock().unwrap().clone()).unwrap(), expected);
        }
    }
}
