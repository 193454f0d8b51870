//! One URL after the other: the request, the response, and what came of it.

use super::args::{Destination, FetchArgs, Ordered};
use super::body::{self, Source};
use super::credentials::{check_mechanisms, logins};
use super::failure;
use super::request::Template;
use super::settings;
use super::sink::Sink;
use super::url::Url;
use super::watch::Watch;
use super::write_out::{Outcome, Piece, expand};
use crate::exit::{Exit, Failure};
use crate::screen::remark;
use gatepass_client::{Body, Client, Outcome as Login};
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{Method, Request, Response, Uri};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Everything that the URLs of a command line have in common.
pub(crate) struct Transfer<'a> {
    args: &'a FetchArgs,
    ordered: &'a Ordered,
    client: Client,
    urls: Vec<Url>,
    given: Vec<&'a str>,
    source: Source,
    template: Template,
    write_out: Option<String>,
    watch: Arc<Watch>,
    sent: Arc<AtomicU64>,
    refused: Cell<bool>,
}

impl<'a> Transfer<'a> {
    /// Reads what the command line names, before anything is sent.
    pub(crate) async fn prepare(args: &'a FetchArgs, ordered: &'a Ordered) -> Result<Self, Failure> {
        check_mechanisms(args)?;
        let given: Vec<&str> = args.url.iter().chain(&args.urls).map(String::as_str).collect();
        let mut urls = given.iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>()?;
        if args.get && !ordered.data.is_empty() {
            let query = body::joined(&ordered.data).await?;
            let query = String::from_utf8(query)
                .map_err(|_| Failure::new(Exit::USAGE, "-G: the data is not UTF-8 and cannot be a query"))?;
            urls = urls.into_iter().map(|url| url.with_query(&query)).collect::<Result<_, _>>()?;
        }
        if let Some(name) =
            args.upload_file.as_ref().and_then(|path| path.file_name()?.to_str()).filter(|n| *n != "-")
        {
            urls = urls.into_iter().map(|url| url.with_file_name(name)).collect::<Result<_, _>>()?;
        }
        let source = Source::of(args, ordered).await?;
        if source == Source::Stdin && args.password.takes_stdin() {
            return Err(Failure::new(
                Exit::USAGE,
                "standard input cannot be both the upload and the password; use --password-file",
            ));
        }
        let write_out = match &args.write_out {
            Some(text) => Some(match text.strip_prefix('@') {
                Some(file) => String::from_utf8_lossy(&body::read(file).await?).into_owned(),
                None => text.clone(),
            }),
            None => None,
        };
        let watch = Arc::new(Watch::new(args.verbose));
        let client = settings::client(args, &urls, &logins(args)?, &watch).await?;
        if !args.silent || args.show_error {
            settings::warn_of_basic(args, &urls, &client);
        }
        let template = Template::of(args, &source).await?;
        let sent = Arc::default();
        Ok(Self {
            args,
            ordered,
            client,
            urls,
            given,
            source,
            template,
            write_out,
            watch,
            sent,
            refused: Cell::new(false),
        })
    }

    /// How many URLs there are.
    pub(crate) fn count(&self) -> usize {
        self.urls.len()
    }

    /// Whether a login was refused.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.get()
    }

    /// Fetches the URL `number`, and prints what `-w` wants of it.
    pub(crate) async fn fetch(&self, number: usize) -> Result<(), Failure> {
        let Some(url) = self.urls.get(number) else { return Ok(()) };
        let begun = Instant::now();
        let mut outcome = Outcome {
            url: self.given.get(number).copied().unwrap_or_default().to_owned(),
            number,
            effective_url: url.uri.to_string(),
            method: self.template.method.to_string(),
            ..Outcome::default()
        };
        let mut sink = self.sink(number, url)?;
        let result = {
            let work = self.exchange(url, &mut sink, &mut outcome);
            match self.args.max_time.filter(|limit| !limit.is_zero()) {
                Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
                    let seconds = limit.as_secs_f64();
                    Err(Failure::new(Exit::TIMEOUT, format!("the time limit of {seconds} s (-m) is over")))
                }),
                None => work.await,
            }
        };
        let seen = self.watch.take();
        outcome.time = begun.elapsed();
        outcome.connections = seen.connections;
        outcome.connect_status = seen.connect_status;
        outcome.status = seen.status;
        outcome.redirects = seen.redirects;
        outcome.effective_url = seen.redirected_to.unwrap_or(outcome.effective_url);
        outcome.scheme = outcome.effective_url.split(':').next().unwrap_or_default().to_owned();
        outcome.downloaded = sink.written();
        outcome.uploaded = self.sent.load(Ordering::Relaxed);
        outcome.file = sink.path();
        if let Err(failure) = &result {
            outcome.exit_code = failure.exit().code();
            outcome.error = failure.sentence().map(str::to_owned);
        }
        drop(sink);
        self.print(&outcome)?;
        result
    }

    fn print(&self, outcome: &Outcome) -> Result<(), Failure> {
        let Some(template) = &self.write_out else { return Ok(()) };
        for piece in expand(template, outcome) {
            let written = match &piece {
                Piece::Stdout(text) => crate::screen::raw(std::io::stdout(), text),
                Piece::Stderr(text) => crate::screen::raw(std::io::stderr(), text),
            };
            written?;
        }
        Ok(())
    }

    fn sink(&self, number: usize, url: &Url) -> Result<Sink, Failure> {
        let args = self.args;
        let progress = !(args.silent || args.no_progress_meter || args.verbose);
        Ok(match self.ordered.destinations.get(number) {
            None => Sink::stdout(false),
            Some(Destination::Stdout) => Sink::stdout(true),
            Some(Destination::File(path)) => Sink::file(path.clone(), args.create_dirs, progress),
            Some(Destination::RemoteName) => {
                let name = url.file_name().ok_or_else(|| {
                    Failure::new(Exit::WRITE, "the URL ends with no file name for -O; use -o FILE")
                })?;
                Sink::file(name.into(), args.create_dirs, progress)
            }
        })
    }

    /// The request and its response.
    async fn exchange(&self, url: &Url, sink: &mut Sink, outcome: &mut Outcome) -> Result<(), Failure> {
        let upload = self.source.open(&self.sent).await?;
        let mut request = Request::new(upload);
        *request.method_mut() = self.template.method.clone();
        *request.uri_mut() = url.uri.clone();
        *request.headers_mut() = self.template.fields.clone();
        let (source, sent) = (self.source.clone(), Arc::clone(&self.sent));
        let response = match self.client.send_rewindable(request, move || source.again(&sent)).await {
            Ok(response) => response,
            Err(error) => return Err(self.failed(&error)),
        };
        let head = head(&response);
        outcome.head_size = head.iter().map(|line| line.len().saturating_add(2)).sum();
        outcome.fields = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        self.dump(&head).await?;
        if self.args.include || self.template.method == Method::HEAD && self.args.head {
            sink.head(&head).await?;
        }
        self.receive(response, sink, outcome).await
    }

    async fn receive(
        &self,
        response: Response<Body>,
        sink: &mut Sink,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let (args, status) = (self.args, response.status());
        if let Some(location) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) {
            outcome.redirect_url =
                seen_from(&outcome.effective_url, &String::from_utf8_lossy(location.as_bytes()));
            if args.location && args.max_redirs == 0 {
                return Err(Failure::new(Exit::REDIRECTS, "the server redirects, and --max-redirs is 0"));
            }
        }
        let denied = Login::of(&response).denied;
        if denied.as_ref().is_some_and(|denied| denied.presented) {
            self.refused.set(true);
        }
        let nobody = denied.as_ref().is_some_and(|denied| denied.missing.is_some());
        let denied = denied.map(|denied| denied.to_string());
        let failed = (args.fail || args.fail_with_body) && status.as_u16() >= 400;
        if !(failed && args.fail) {
            if let Some(length) = announced(&response) {
                sink.expect(length);
            }
            let mut body = response.into_body();
            while let Some(chunk) = body.chunk().await.map_err(|error| failure::of(&error))? {
                sink.body(&chunk).await?;
            }
            sink.finish().await?;
        }
        match (failed, denied) {
            (true, Some(denied)) => Err(Failure::new(Exit::HTTP, denied)),
            (true, None) => {
                let redirected = self.watch.seen().redirected_to.clone();
                let url = redirected.as_deref().unwrap_or(&outcome.effective_url);
                let text = format!("{url} answers {status}");
                Err(Failure::new(Exit::HTTP, text))
            }
            // The response is there, but a login was wanted and not to be had: that is worth an exit code.
            (false, Some(denied)) if nobody => Err(Failure::new(Exit::AUTHENTICATION, denied)),
            (false, Some(denied)) if !args.silent => {
                remark(&denied);
                Ok(())
            }
            (false, _) => Ok(()),
        }
    }

    /// `-D FILE`.
    async fn dump(&self, head: &[Vec<u8>]) -> Result<(), Failure> {
        let Some(path) = &self.args.dump_header else { return Ok(()) };
        let mut sink = match path.as_os_str() == "-" {
            true => Sink::stdout(false),
            false => Sink::file(path.clone(), false, false),
        };
        sink.head(head).await?;
        sink.finish().await
    }

    /// Why there is no response.
    fn failed(&self, error: &gatepass_client::Error) -> Failure {
        if matches!(error.kind(), gatepass_client::ErrorKind::Denied(_)) {
            self.refused.set(true);
        }
        let failure = failure::of(error);
        let most = u32::try_from(self.args.max_redirs).ok();
        // The client has one kind for all its limits; here all redirects that may be followed have been.
        let too_many = self.args.location
            && most == Some(self.watch.seen().redirects)
            && matches!(error.kind(), gatepass_client::ErrorKind::Limit(gatepass_client::Side::Origin));
        match failure.sentence() {
            Some(sentence) if too_many => Failure::new(Exit::REDIRECTS, sentence),
            _ => failure,
        }
    }
}

/// A Location as `-w` shows it: with the scheme and host of `url` where it names none.
fn seen_from(url: &str, location: &str) -> String {
    let uri: Uri = url.parse().unwrap_or_default();
    match (location.starts_with('/') && !location.starts_with("//"), uri.scheme_str(), uri.authority()) {
        (true, Some(scheme), Some(authority)) => format!("{scheme}://{authority}{location}"),
        _ => location.to_owned(),
    }
}

fn announced(response: &Response<Body>) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A field's name as most peers write it, since scripts look for `Location:`. How this one wrote it is not kept.
fn usual(name: &str) -> String {
    let words = name.split('-').map(|word| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    });
    match name {
        "www-authenticate" => String::from("WWW-Authenticate"),
        "etag" => String::from("ETag"),
        _ => words.collect::<Vec<_>>().join("-"),
    }
}

/// The lines of a head, with the empty one at its end.
fn head(response: &Response<Body>) -> Vec<Vec<u8>> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut lines =
        vec![format!("{:?} {} {reason}", response.version(), status.as_u16()).trim_end().as_bytes().to_vec()];
    lines.extend(
        response
            .headers()
            .iter()
            .map(|(name, value)| [usual(name.as_str()).as_bytes(), b": ", value.as_bytes()].concat()),
    );
    lines.push(Vec::new());
    lines
}
