//! What happens, on the terminal, a line or two each.

use crate::screen::{Line, Screen, Style};
use gatepass_mock_proxy::{Event, Exchange, Outcome, Place, What};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The lines that may wait for a slow terminal.
const WAITING: usize = 4_096;
/// How long the end waits for a terminal that is slow.
const PATIENCE: Duration = Duration::from_secs(2);

/// A thread that prints: whoever serves must not wait for a terminal.
pub(super) struct Live {
    printer: Printer,
    /// Hears when the thread that prints is over.
    over: Receiver<()>,
}

/// Takes the events.
#[derive(Clone)]
pub(super) struct Printer {
    queue: SyncSender<Option<Event>>,
    missed: Arc<AtomicU64>,
}

impl Live {
    pub(super) fn new() -> Self {
        let (queue, events) = sync_channel::<Option<Event>>(WAITING);
        let missed = Arc::new(AtomicU64::new(0));
        let start = SystemTime::now();
        let (done, over) = sync_channel(1);
        thread::spawn(move || {
            let _done = done;
            let mut screen = Screen::stdout();
            while let Ok(Some(event)) = events.recv() {
                if lines(&event, start).iter().any(|line| screen.line(line).is_err()) {
                    // Nobody reads any more; who serves goes on.
                    return;
                }
            }
        });
        Self { printer: Printer { queue, missed }, over }
    }

    pub(super) fn printer(&self) -> Printer {
        self.printer.clone()
    }

    /// Prints what waits, and says how many events were passed over.
    pub(super) fn finish(self) -> u64 {
        let Printer { queue, missed } = self.printer;
        let end = Instant::now() + PATIENCE;
        while matches!(queue.try_send(None), Err(TrySendError::Full(_))) && Instant::now() < end {
            thread::sleep(PATIENCE / 100);
        }
        // It ends by dropping its side, or never, where nobody reads from the terminal: then the program ends without it.
        let _ = self.over.recv_timeout(end.saturating_duration_since(Instant::now()));
        missed.load(Ordering::Relaxed)
    }
}

impl Printer {
    pub(super) fn print(&self, event: &Event) {
        if self.queue.try_send(Some(event.clone())).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn lines(event: &Event, start: SystemTime) -> Vec<Line> {
    let seconds = event.at.duration_since(start).unwrap_or_default().as_secs_f64();
    let place = match event.place {
        Place::Proxy => "proxy",
        Place::Origin => "origin",
    };
    let begun =
        || Line::new().faint(format!("{seconds:9.3} {:10} ", format!("{place} {}", event.connection)));
    let below = || Line::new().plain(format!("{:23}", ""));
    let mut lines = Vec::new();
    match &event.what {
        What::Opened(peer) => lines.push(begun().plain(format!("opened from {peer}"))),
        What::Request(_, exchange) => {
            let Exchange { method, target, version, .. } = &**exchange;
            lines.push(begun().strong("> ").plain(format!("{method} {target} {version}")));
            lines.extend(exchange.token.as_ref().map(|token| below().faint(token.to_string())));
        }
        What::Response(_, exchange) => {
            let (style, status) = (style(&exchange.outcome), exchange.status_line.as_deref());
            let answer = begun().strong("< ").plain(status.unwrap_or_default()).plain("; ");
            lines.push(answer.styled(style, exchange.outcome.to_string()));
            lines.extend(exchange.challenge.as_ref().map(|token| below().faint(token.to_string())));
            lines
                .extend(exchange.faults.iter().map(|fault| below().styled(Style::Bad, format!("! {fault}"))));
        }
        What::Over(_, exchange) if exchange.method == "CONNECT" && exchange.status == Some(200) => {
            let (up, down) = (exchange.request_body, exchange.response_body);
            lines.push(begun().plain(format!("tunnel over: {up} bytes from the client, {down} to it")));
        }
        What::Closed(connection) => {
            let ended = connection.ended.as_ref().map(ToString::to_string).unwrap_or_default();
            let (came, went) = (connection.received, connection.sent);
            lines.push(begun().plain(format!("{ended}; {came} bytes came, {went} were sent")));
        }
        _ => {}
    }
    lines
}

const fn style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Granted(_) => Style::Good,
        Outcome::Refused(_) | Outcome::Invalid(_) => Style::Bad,
        _ => Style::Plain,
    }
}
