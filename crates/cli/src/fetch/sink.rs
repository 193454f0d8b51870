//! Where a response goes: standard output or a file, with a progress bar beside a file on a terminal.

use crate::exit::{Exit, Failure, Reason};
use crate::screen;
use gatepass_credentials::local;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, Stdout};

/// The taker of one response.
pub(crate) struct Sink {
    target: Target,
    written: u64,
    bar: Option<ProgressBar>,
    /// A response goes to a terminal, where it could do harm.
    on_terminal: bool,
    /// Whether a body that is no text may go there.
    takes_binary: bool,
}

enum Target {
    Stdout(Stdout),
    /// A file that is made when the first byte comes, or at the end.
    Unmade {
        path: PathBuf,
        with_directories: bool,
    },
    File {
        path: PathBuf,
        file: File,
    },
}

impl Sink {
    /// Standard output; if it is a terminal, text only, unless it `takes_binary`.
    pub(crate) fn stdout(takes_binary: bool) -> Self {
        Self {
            target: Target::Stdout(tokio::io::stdout()),
            written: 0,
            bar: None,
            on_terminal: io::stdout().is_terminal(),
            takes_binary,
        }
    }

    /// The file at `path`; `progress` asks for a bar, which only a terminal gets.
    pub(crate) fn file(path: PathBuf, with_directories: bool, progress: bool) -> Self {
        let bar = (progress && io::stderr().is_terminal())
            .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(unknown()));
        Self {
            target: Target::Unmade { path, with_directories },
            written: 0,
            bar,
            on_terminal: false,
            takes_binary: true,
        }
    }

    /// The bytes that were written of the body.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> String {
        match &self.target {
            Target::Stdout(_) => String::new(),
            Target::Unmade { path, .. } | Target::File { path, .. } => path.display().to_string(),
        }
    }

    /// How long the body will be, in bytes.
    pub(crate) fn expect(&self, length: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(length);
            bar.set_style(known());
        }
    }

    /// Writes a head, which does not count as body. On a terminal it is escaped line by line.
    pub(crate) async fn head(&mut self, lines: &[Vec<u8>]) -> Result<(), Failure> {
        let mut text = Vec::new();
        for line in lines {
            if self.on_terminal {
                text.extend_from_slice(screen::escape(&String::from_utf8_lossy(line)).as_bytes());
            } else {
                text.extend_from_slice(line);
            }
            text.extend_from_slice(b"\r\n");
        }
        self.put(&text).await
    }

    /// Writes a part of the body. A zero byte is no text: what holds one does not go to a terminal.
    pub(crate) async fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.on_terminal && !self.takes_binary && bytes.contains(&0) {
            return Err(Failure::new(
                Exit::WRITE,
                "the body is binary and would garble the terminal; use -o FILE, or -o - to see it all the same",
            ));
        }
        self.put(bytes).await?;
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.written = self.written.saturating_add(count);
        if let Some(bar) = &self.bar {
            bar.inc(count);
        }
        Ok(())
    }

    /// All is written.
    pub(crate) async fn finish(&mut self) -> Result<(), Failure> {
        self.put(b"").await?;
        let flushed = match &mut self.target {
            Target::Stdout(stdout) => stdout.flush().await,
            Target::File { file, .. } => file.flush().await,
            Target::Unmade { .. } => Ok(()),
        };
        flushed.map_err(|error| self.unwritable(&error))
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.make().await?;
        let written = match &mut self.target {
            Target::Stdout(stdout) => write(stdout, bytes).await,
            Target::File { file, .. } => write(file, bytes).await,
            Target::Unmade { .. } => Ok(()),
        };
        written.map_err(|error| self.unwritable(&error))
    }

    async fn make(&mut self) -> Result<(), Failure> {
        let Target::Unmade { path, with_directories } = &self.target else { return Ok(()) };
        let path = local(path).map_err(|error| self.unwritable(&error))?.to_path_buf();
        if let Some(directory) = path.parent().filter(|_| *with_directories) {
            tokio::fs::create_dir_all(directory).await.map_err(|error| self.unwritable(&error))?;
        }
        let file = File::create(&path).await.map_err(|error| self.unwritable(&error))?;
        self.target = Target::File { path, file };
        Ok(())
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        match &self.target {
            Target::Stdout(_) => Failure::from(io::Error::from(error.kind())),
            Target::Unmade { path, .. } | Target::File { path, .. } => {
                Failure::new(Exit::WRITE, format!("cannot write {}: {}", path.display(), Reason(error)))
            }
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

async fn write(target: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    target.write_all(bytes).await?;
    // tokio's standard output and files write behind; an error is to be seen with the write that it belongs to.
    target.flush().await
}

fn unknown() -> ProgressStyle {
    template("{spinner} {bytes} {bytes_per_sec} {elapsed}")
}

fn known() -> ProgressStyle {
    template("{percent:>3}% [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left")
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}
