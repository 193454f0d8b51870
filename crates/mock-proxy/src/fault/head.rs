//! Faults in the bytes of a response's head.

use super::Fault;
use crate::transcript::Field;

/// The lines of a head: the status line, then the fields, without their ends.
pub(crate) struct Head {
    lines: Vec<Vec<u8>>,
    before: Vec<u8>,
}

impl Head {
    /// The head that these bytes are, its empty line included.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = bytes.strip_suffix(b"\r\n\r\n").unwrap_or(bytes);
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
            let (line, behind) = rest.split_at(end);
            lines.push(line.to_vec());
            rest = &behind[2..];
        }
        lines.push(rest.to_vec());
        Self { lines, before: Vec::new() }
    }

    /// The length of the body that the head announces, if it says so in `Content-Length`.
    pub(super) fn content_length(&self) -> Option<u64> {
        let line = self.fields().find(|line| is_named(line, "content-length"))?;
        std::str::from_utf8(line).ok()?.split_once(':')?.1.trim().parse().ok()
    }

    fn fields(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.lines.iter().skip(1)
    }

    /// The first line, as text.
    pub(super) fn status_line(&self) -> String {
        self.lines.first().map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default()
    }

    /// The fields, as the transcript keeps them.
    pub(super) fn kept(&self) -> Vec<Field> {
        self.fields()
            .map(|line| {
                let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
                let (name, value) = line.split_at(colon);
                Field::new(&String::from_utf8_lossy(name), value.strip_prefix(b":").unwrap_or(value))
            })
            .collect()
    }

    /// With this wrong in it.
    pub(super) fn bend(&mut self, fault: &Fault) {
        match fault {
            Fault::Status(code) => {
                self.change_status_line(|line| replace(line, 9..12, &format!("{code:03}")))
            }
            Fault::Http10 => {
                self.change_status_line(|line| replace(line, 0..8, "HTTP/1.0"));
                self.remove("connection");
                self.push("Connection: close");
            }
            Fault::OddCase => self.lines.iter_mut().skip(1).for_each(|line| odd_case(line)),
            Fault::Header { name, value } => self.push(&format!("{name}: {value}")),
            Fault::DuplicateHeader(name) => {
                let again: Vec<_> = self.fields().filter(|line| is_named(line, name)).cloned().collect();
                self.lines.extend(again);
            }
            Fault::FoldedHeader(name) => {
                for line in self.lines.iter_mut().skip(1).filter(|line| is_named(line, name)) {
                    let value = name.len() + 1;
                    line.splice(value..value, *b"\r\n");
                }
            }
            Fault::WithoutHeader(name) => self.remove(name),
            Fault::Informational(count) => {
                for _ in 0..*count {
                    self.before.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
            Fault::LongHead(bytes) => {
                let filler = "x".repeat(usize::try_from(*bytes).unwrap_or(usize::MAX));
                self.push(&format!("X-Filler: {filler}"));
            }
            Fault::ManyHeaders(count) => (0..*count).for_each(|n| self.push(&format!("X-Filler-{n}: x"))),
            Fault::NoLength => {
                ["content-length", "transfer-encoding", "connection"]
                    .into_iter()
                    .for_each(|name| self.remove(name));
                self.push("Connection: close");
            }
            Fault::ContentLength(length) => {
                ["content-length", "transfer-encoding"].into_iter().for_each(|name| self.remove(name));
                self.push(&format!("Content-Length: {length}"));
            }
            _ => {}
        }
    }

    /// The head as bytes, with what comes before it.
    pub(super) fn write(self) -> Vec<u8> {
        let mut bytes = self.before;
        bytes.extend(self.lines.join(&b"\r\n"[..]));
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes
    }

    fn change_status_line(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(line) = self.lines.first_mut() {
            change(line);
        }
    }

    fn push(&mut self, line: &str) {
        self.lines.push(line.as_bytes().to_vec());
    }

    /// Another reason phrase.
    pub(crate) fn set_reason(&mut self, reason: &str) {
        self.change_status_line(|line| {
            line.truncate(13);
            line.extend_from_slice(reason.as_bytes());
        });
    }

    /// The fields in the order of `template`: `{Name}` is those of that name, so written; `{*}` those that no line names; any
    /// other line is itself.
    pub(crate) fn arrange(&mut self, template: &[String]) {
        let inside = |line: &str| Some(line.strip_prefix('{')?.strip_suffix('}')?.to_owned());
        let named: Vec<_> =
            template.iter().filter_map(|line| inside(line)).filter(|name| name != "*").collect();
        let mut arranged: Vec<_> = self.lines.drain(..1.min(self.lines.len())).collect();
        for line in template {
            match inside(line).as_deref() {
                None => arranged.push(line.as_bytes().to_vec()),
                Some("*") => {
                    let others = |line: &&Vec<u8>| !named.iter().any(|name| is_named(line, name));
                    arranged.extend(self.lines.iter().filter(others).cloned());
                }
                Some(name) => {
                    arranged.extend(self.lines.iter().filter(|line| is_named(line, name)).map(|line| {
                        let value = line.get(name.len()..).unwrap_or_default();
                        [name.as_bytes(), value].concat()
                    }))
                }
            }
        }
        self.lines = arranged;
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let mut number = 0_usize;
        self.lines.retain(|line| {
            number += 1;
            number == 1 || !is_named(line, name)
        });
    }
}

fn is_named(line: &[u8], name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && line.get(name.len()) == Some(&b':')
}

fn replace(line: &mut Vec<u8>, range: std::ops::Range<usize>, text: &str) {
    if line.len() >= range.end {
        line.splice(range, text.bytes());
    }
}

/// `Proxy-Authenticate` becomes `pROXY-aUTHENTICATE`.
fn odd_case(line: &mut [u8]) {
    for byte in line.iter_mut().take_while(|byte| **byte != b':') {
        *byte = if byte.is_ascii_uppercase() { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bent(fault: &Fault) -> String {
        let mut head = Head::read(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nContent-Length: 5\r\n\r\n",
        );
        head.bend(fault);
        String::from_utf8(head.write()).unwrap()
    }

    #[test]
    fn each_fault_of_the_head_changes_what_it_says_and_nothing_else() {
        let status = "HTTP/1.1 407 Proxy Authentication Required\r\n";
        let offer = "Proxy-Authenticate: NTLM\r\n";
        let length = "Content-Length: 5\r\n";
        let text = String::from;
        for (fault, expected) in [
            (Fault::Close, format!("{status}{offer}{length}\r\n")),
            (Fault::Status(403), format!("{}{offer}{length}\r\n", status.replace("407", "403"))),
            (
                Fault::Http10,
                format!("{}{offer}{length}Connection: close\r\n\r\n", status.replace("1.1", "1.0")),
            ),
            (Fault::OddCase, format!("{status}pROXY-aUTHENTICATE: NTLM\r\ncONTENT-lENGTH: 5\r\n\r\n")),
            (
                Fault::Header { name: text("A"), value: text("b") },
                format!("{status}{offer}{length}A: b\r\n\r\n"),
            ),
            (
                Fault::DuplicateHeader(text("proxy-authenticate")),
                format!("{status}{offer}{length}{offer}\r\n"),
            ),
            (
                Fault::FoldedHeader(text("Proxy-Authenticate")),
                format!("{status}Proxy-Authenticate:\r\n NTLM\r\n{length}\r\n"),
            ),
            (Fault::WithoutHeader(text("Proxy-Authenticate")), format!("{status}{length}\r\n")),
            (Fault::Informational(1), format!("HTTP/1.1 100 Continue\r\n\r\n{status}{offer}{length}\r\n")),
            (Fault::LongHead(3), format!("{status}{offer}{length}X-Filler: xxx\r\n\r\n")),
            (Fault::ManyHeaders(2), format!("{status}{offer}{length}X-Filler-0: x\r\nX-Filler-1: x\r\n\r\n")),
            (Fault::NoLength, format!("{status}{offer}Connection: close\r\n\r\n")),
            (Fault::ContentLength(9), format!("{status}{offer}Content-Length: 9\r\n\r\n")),
        ] {
            assert_eq!(bent(&fault), expected, "{fault}");
        }
    }
}
