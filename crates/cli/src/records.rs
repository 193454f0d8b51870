//! What is written down of a conversation while it goes on: on the terminal, in lines of JSON, as an HTTP archive.

mod live;

use crate::exit::{Exit, Failure, Reason};
use crate::screen::remark;
use gatepass_credentials::local;
use gatepass_mock_proxy::{Event, Secrets, Transcript};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The options that say what is written where.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct RecordArgs {
    /// Print what happens as it happens
    #[arg(long, help_heading = "Transcript")]
    live: bool,
    /// Write what happens to FILE as it happens, a line of JSON each
    #[arg(long, value_name = "FILE", help_heading = "Transcript")]
    jsonl: Option<PathBuf>,
    /// Write the conversation to FILE at the end, as an HTTP archive (HAR 1.2) for the tools of browsers
    #[arg(long, value_name = "FILE", help_heading = "Transcript")]
    har: Option<PathBuf>,
}

/// A function that is told what happens.
type Observer = Box<dyn Fn(&Event) + Send + Sync>;

/// The records of one conversation.
pub(crate) struct Records {
    secrets: Secrets,
    har: Option<PathBuf>,
    lines: Option<Arc<Lines>>,
    live: Option<live::Live>,
}

/// A file of lines of JSON.
struct Lines {
    path: PathBuf,
    /// The file, until writing to it fails; then why.
    file: Mutex<Result<File, io::Error>>,
}

impl RecordArgs {
    /// Opens what is to be written. The observer is for whoever makes the events.
    pub(crate) fn open(&self, secrets: Secrets) -> Result<(Records, Observer), Failure> {
        let lines = self.jsonl.as_deref().map(Lines::open).transpose()?.map(Arc::new);
        if let Some(path) = &self.har {
            // Now, and not when the conversation is over and lost.
            drop(private(path)?);
        }
        let live = self.live.then(live::Live::new);
        let (told, printed) = (lines.clone(), live.as_ref().map(live::Live::printer));
        let observer = move |event: &Event| {
            if let Some(lines) = &told {
                lines.line(&event.to_json(secrets));
            }
            if let Some(printer) = &printed {
                printer.print(event);
            }
        };
        let records = Records { secrets, har: self.har.clone(), lines, live };
        Ok((records, Box::new(observer)))
    }
}

impl Records {
    /// Writes what comes at the end.
    pub(crate) fn finish(self, transcript: &Transcript) -> Result<(), Failure> {
        if let Some(missed) = self.live.map(live::Live::finish).filter(|missed| *missed > 0) {
            remark(&format!("{missed} lines were not printed: the terminal was too slow"));
        }
        if let Some(path) = &self.har {
            let text = transcript.to_har(self.secrets);
            private(path)?.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error))?;
        }
        self.lines.map_or(Ok(()), |lines| lines.finish())
    }
}

impl Lines {
    fn open(path: &Path) -> Result<Self, Failure> {
        let lines = Self { path: path.to_owned(), file: Mutex::new(Ok(private(path)?)) };
        lines.line(&Transcript::jsonl_headline());
        Ok(lines)
    }

    fn line(&self, text: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One call each: a line is whole in the file as soon as it happened.
        if let Ok(open) = &mut *file
            && let Err(error) = open.write_all(format!("{text}\n").as_bytes())
        {
            *file = Err(error);
        }
    }

    fn finish(&self) -> Result<(), Failure> {
        match &*self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            Ok(_) => Ok(()),
            Err(error) => Err(unwritable(&self.path, error)),
        }
    }
}

/// The file at `path`, emptied, and for nobody else to read where it is new.
pub(crate) fn private(path: &Path) -> Result<File, Failure> {
    let open = |path: &Path| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    };
    local(path).and_then(open).map_err(|error| unwritable(path, &error))
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::WRITE, format!("cannot write {}: {}", path.display(), Reason(error)))
}

/// What becomes of secrets, by the option.
pub(crate) const fn secrets(revealed: bool) -> Secrets {
    if revealed { Secrets::Kept } else { Secrets::LeftOut }
}
