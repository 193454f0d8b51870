//! What happened, in a few lines an event.

use crate::message;
use crate::screen::{Line, Style};
use gatepass_client::{Direction, Event, Observer};
use std::sync::{Mutex, PoisonError};

/// An observer that keeps its lines until somebody asks.
#[derive(Debug)]
pub(crate) struct Diary {
    detail: Detail,
    lines: Mutex<Vec<Line>>,
}

/// How much is told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What it says, in a few lines.
    Decoded,
    /// What it is.
    Title,
}

impl Diary {
    pub(crate) fn new(detail: Detail) -> Self {
        Self { detail, lines: Mutex::default() }
    }

    /// The lines since the last call.
    pub(crate) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Diary {
    fn event(&self, event: &Event<'_>) {
        let mut lines = lines(event, self.detail);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).append(&mut lines);
    }
}

fn lines(event: &Event<'_>, detail: Detail) -> Vec<Line> {
    let marked = |mark| Line::new().plain("   ").faint(mark);
    match event {
        Event::Request { method, target, .. } => vec![marked("-> ").strong(format!("{method} {target}"))],
        Event::Response { status, .. } => vec![marked("<- ").strong(status.to_string())],
        Event::Secured { place, .. } => vec![marked("   ").plain(format!("TLS with {place}"))],
        Event::Token { direction, scheme, token, .. } => {
            let mark = if *direction == Direction::Sent { "-> " } else { "<- " };
            let title = format!("{scheme} {}", message::title(token));
            let mut lines = vec![marked(mark).styled(Style::Good, title)];
            let summary = if detail == Detail::Decoded { message::summary(token) } else { Vec::new() };
            lines.extend(summary.into_iter().map(|line| marked("     ").plain(line)));
            lines
        }
        _ => Vec::new(),
    }
}
