//! A report as text in columns, or as JSON.

use crate::screen::{Line, Screen};
use gatepass_inspect::{Field, Report};
use serde::Serialize;
use std::io;

/// The most of a value that a line of text shows, in characters; JSON has all of it.
const MAX_SHOWN: usize = 200;
const FLAGS_WIDTH: usize = 72;

#[derive(Serialize)]
struct Document<'a> {
    messages: &'a [Report],
}

/// JSON in ASCII, so that neither a direction mark nor a control character of a hostile name reaches a terminal.
pub(crate) fn json(out: &mut Screen, reports: &[Report]) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Document { messages: reports }).map_err(io::Error::other)?;
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | ' '..='~' => ascii.push(character),
            // Outside ASCII there is nothing but the insides of strings.
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    ascii.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.page(&ascii)
}

/// Columns for people.
pub(crate) fn text(out: &mut Screen, reports: &[Report]) -> io::Result<()> {
    for (number, report) in reports.iter().enumerate() {
        if number > 0 {
            out.plain("")?;
        }
        let mut title = Line::new().strong(&report.message).plain(format!(", {} bytes", report.length));
        for note in &report.notes {
            title = title.faint(format!(" ({note})"));
        }
        out.line(&title)?;
        if !report.fields.is_empty() {
            out.line(&Line::new().faint("offset  length  field"))?;
        }
        report.fields.iter().try_for_each(|field| row(out, field, 0))?;
    }
    Ok(())
}

fn row(out: &mut Screen, field: &Field, depth: usize) -> io::Result<()> {
    let indent = depth.saturating_mul(2);
    let width = 31_usize.saturating_sub(indent).max(field.name.chars().count());
    let shown = shorten(&field.meaning);
    let meaning = match field.meaning.len() > shown.len() {
        true => format!("{shown}... ({} bytes)", field.length),
        false => shown.to_owned(),
    };
    let line = Line::new()
        .faint(format!("{:>6}  {:>6}  ", field.offset, field.length))
        .plain(format!("{:indent$}", ""))
        .strong(format!("{:width$}", field.name))
        .plain(format!("  {meaning}"));
    out.line(&line)?;
    let mut flags = String::new();
    for name in &field.flags {
        if flags.len().saturating_add(name.len()) > FLAGS_WIDTH {
            out.plain(format!("{:20}{}", "", std::mem::take(&mut flags)))?;
        }
        if !flags.is_empty() {
            flags.push(' ');
        }
        flags.push_str(name);
    }
    if !flags.is_empty() {
        out.plain(format!("{:20}{flags}", ""))?;
    }
    field.fields.iter().try_for_each(|inner| row(out, inner, depth.saturating_add(1)))
}

fn shorten(meaning: &str) -> &str {
    meaning.char_indices().nth(MAX_SHOWN).and_then(|(end, _)| meaning.get(..end)).unwrap_or(meaning)
}
