//! The cases, some at a time, each with a mock proxy and a client of its own.

use super::child;
use super::command::Places;
use super::recipe::{Recipe, lacking};
use super::report::{Checked, Seen};
use crate::exit::{Exit, Failure, Reason};
use crate::mock_proxy::End;
use gatepass_mock_proxy::battery::{Case, Finding, Task, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The time for what a recipe prepares: a compiler may have to be waited for.
const PREPARATION: Duration = Duration::from_secs(300);

/// Runs `cases`, `jobs` at a time, and gives `each` what became of them, in their order.
///
/// # Errors
/// When the client cannot be started, or the user has ended it.
pub(super) fn run(
    recipe: &Recipe,
    cases: &[Case],
    limit: Duration,
    jobs: usize,
    mut each: impl FnMut(Checked),
) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    stop_at_a_signal(stop.clone());
    let bench = Bench::new(recipe, limit, &stop)?;
    let next = AtomicUsize::new(0);
    let (tell, told) = mpsc::channel();
    let failed = thread::scope(|scope| {
        for _ in 0..jobs {
            let (tell, bench, next, stop) = (tell.clone(), &bench, &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    // Fails only when nobody listens any more.
                    let _ = tell.send((number, bench.check(case, number, stop)));
                }
            });
        }
        drop(tell);
        let (mut waiting, mut due) = (BTreeMap::new(), 0_usize);
        let mut failed = None;
        for (number, checked) in told {
            waiting.insert(number, checked);
            while let Some(checked) = waiting.remove(&due) {
                due = due.saturating_add(1);
                match checked {
                    Ok(checked) => each(checked),
                    Err(failure) => {
                        stop.store(true, Ordering::Relaxed);
                        failed.get_or_insert(failure);
                    }
                }
            }
        }
        failed
    });
    match failed {
        Some(failure) => Err(failure),
        None if stop.load(Ordering::Relaxed) => Err(Failure::new(Exit::FAILED, "ended before the last case")),
        None => Ok(()),
    }
}

/// The clients are in process groups of their own, so that a signal from the terminal does not reach them by itself.
fn stop_at_a_signal(stop: Arc<AtomicBool>) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(async {
                if let Ok(end) = End::new() {
                    end.wait().await;
                    stop.store(true, Ordering::Relaxed);
                }
            });
        }
    });
}

/// What all cases share.
struct Bench<'a> {
    recipe: &'a Recipe,
    limit: Duration,
    gatepass: PathBuf,
    program: PathBuf,
    scratch: TempDir,
}

fn unable(what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::FAILED, format!("cannot {what}: {}", Reason(error)))
}

fn unstarted(words: &[String], error: &io::Error) -> Failure {
    let program = words.first().map_or("the client", String::as_str);
    Failure::new(Exit::READ, format!("cannot start {program}: {}", Reason(error)))
}

impl<'a> Bench<'a> {
    /// With the recipe's program in its place, and what it prepares prepared.
    fn new(recipe: &'a Recipe, limit: Duration, stop: &AtomicBool) -> Result<Self, Failure> {
        let scratch = tempfile::Builder::new()
            .prefix("gatepass-check-client-")
            .tempdir()
            .map_err(|error| unable("make a directory for the run", &error))?;
        let program = match recipe.program() {
            Some((name, text)) => {
                let path = scratch.path().join(name);
                std::fs::write(&path, text).map_err(|error| unable("write the recipe's program", &error))?;
                path
            }
            None => scratch.path().to_owned(),
        };
        let gatepass = std::env::current_exe().map_err(|error| unable("find this program", &error))?;
        let bench = Self { recipe, limit, gatepass, program, scratch };
        if !recipe.prepare.is_empty() {
            bench.prepare(stop)?;
        }
        Ok(bench)
    }

    fn prepare(&self, stop: &AtomicBool) -> Result<(), Failure> {
        // Before there is a case its places stand empty.
        let login = gatepass_mock_proxy::battery::Login::default();
        let places = Places {
            urls: Default::default(),
            proxy: String::new(),
            login: &login,
            other: login.clone(),
            ca_file: &self.program,
            body: &self.program,
            scratch: self.scratch.path(),
            program: &self.program,
            gatepass: &self.gatepass,
            timeout: 0,
        };
        let command = places.command(&self.recipe.prepare);
        let finish = child::run(command, PREPARATION, stop)
            .map_err(|error| unstarted(&self.recipe.prepare, &error))?;
        match finish.code() {
            Some(0) => Ok(()),
            _ => Err(Failure::new(
                Exit::READ,
                format!("the recipe {} cannot be prepared: {}", self.recipe.name, finish.said().trim()),
            )),
        }
    }

    /// One case.
    fn check(&self, case: &Case, number: usize, stop: &AtomicBool) -> Result<Checked, Failure> {
        let began = Instant::now();
        let Some(words) = self.recipe.words(case.task()) else {
            return Ok(Checked::not_run(case, Finding::not_applicable(lacking(case.task()))));
        };
        let running = case
            .start()
            .map_err(|error| Failure::new(Exit::FAILED, format!("the mock proxy does not start: {error}")))?;
        let ca_file = self.scratch.path().join(format!("ca-{number}.pem"));
        std::fs::write(&ca_file, running.ca_pem())
            .map_err(|error| unable("write the certificate", &error))?;
        let body = self.scratch.path().join(format!("body-{number}"));
        if let Task::Upload(length) = case.task() {
            write_body(&body, length).map_err(|error| unable("write the upload", &error))?;
        }
        let places = Places {
            urls: case.urls(),
            proxy: running.url(),
            login: case.login(),
            other: case.other_login(),
            ca_file: &ca_file,
            body: &body,
            scratch: self.scratch.path(),
            program: &self.program,
            gatepass: &self.gatepass,
            // Who can give up by himself shall have the time to.
            timeout: self.limit.as_secs().div_euclid(3).max(1),
        };
        let finish = child::run(places.command(&words), self.limit, stop)
            .map_err(|error| unstarted(&words, &error))?;
        let finding = case.judge(&running, &finish);
        let took = began.elapsed();
        let transcript = running.finish();
        let seen = Seen::new(&finish, &transcript);
        let shown = (finding.verdict == Verdict::Fail).then(|| transcript.to_string());
        Ok(Checked::new(case, finding, took, seen, shown))
    }
}

/// A body of `length` bytes, of which no two pieces are alike.
fn write_body(path: &std::path::Path, length: u64) -> io::Result<()> {
    let mut file = io::BufWriter::new(std::fs::File::create(path)?);
    let bytes = (0..=u8::MAX).cycle().zip((0..251_u8).cycle());
    let pattern: Vec<u8> = bytes.map(|(a, b)| a ^ b).take(64_256).collect();
    let mut left = length;
    while left > 0 {
        let piece = pattern.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(&pattern);
        file.write_all(piece)?;
        left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(left));
    }
    file.flush()
}
