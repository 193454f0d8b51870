//! The options of `gatepass fetch`: curl's letters and meanings.

use crate::exit::exit_codes;
use crate::password::PasswordArgs;
use clap::{ArgAction, ArgMatches, Args};
use std::path::PathBuf;
use std::time::Duration;

/// Fetch URLs through an authenticating proxy or from an authenticating server, with curl's options
// No `Debug`: -U and -u may hold passwords.
#[derive(Args)]
#[command(after_help = AFTER_HELP, after_long_help = after_long_help(), override_usage = "gatepass fetch [OPTIONS] URL...",
          args_override_self = true)]
pub(crate) struct FetchArgs {
    /// What to fetch: http:// or https:// (http:// where neither is said)
    #[arg(value_name = "URL", required_unless_present = "url")]
    pub(crate) urls: Vec<String>,
    /// Another URL
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub(crate) url: Vec<String>,

    // Proxy
    /// Go through this proxy: [http://|https://][name[:password]@]host[:port]; '' for none
    #[arg(short = 'x', long, value_name = "PROXY", help_heading = "Proxy")]
    pub(crate) proxy: Option<String>,
    /// Name at the proxy: DOMAIN\user or user@realm; a password after ':' is visible to other users of this machine
    #[arg(short = 'U', long, value_name = "NAME[:PW]", allow_hyphen_values = true, help_heading = "Proxy")]
    pub(crate) proxy_user: Option<String>,
    /// Hosts to reach without the proxy, separated by commas; '*' for all
    #[arg(long, value_name = "LIST", help_heading = "Proxy")]
    pub(crate) noproxy: Option<String>,
    /// NTLM at the proxy, and no mechanism but those named
    #[arg(long, help_heading = "Proxy")]
    pub(crate) proxy_ntlm: bool,
    /// Negotiate at the proxy, and no mechanism but those named
    #[arg(long, help_heading = "Proxy", hide_short_help = true)]
    pub(crate) proxy_negotiate: bool,
    /// Basic at the proxy, where nothing stronger is named and offered; it shows the password to the proxy
    #[arg(long, help_heading = "Proxy", hide_short_help = true)]
    pub(crate) proxy_basic: bool,
    /// Only Digest at the proxy (not built in)
    #[arg(long, help_heading = "Proxy", hide = true)]
    pub(crate) proxy_digest: bool,
    /// The strongest mechanism that the proxy offers, except Basic (the default)
    #[arg(long, help_heading = "Proxy", hide_short_help = true)]
    pub(crate) proxy_anyauth: bool,

    // Server
    /// Name at the server; a password after ':' is visible to other users of this machine
    #[arg(short = 'u', long, value_name = "NAME[:PW]", allow_hyphen_values = true, help_heading = "Server")]
    pub(crate) user: Option<String>,
    /// NTLM at the server, and no mechanism but those named
    #[arg(long, help_heading = "Server")]
    pub(crate) ntlm: bool,
    /// Negotiate at the server, and no mechanism but those named
    #[arg(long, help_heading = "Server", hide_short_help = true)]
    pub(crate) negotiate: bool,
    /// Basic at the server, where nothing stronger is named and offered; it shows the password to the server
    #[arg(long, help_heading = "Server", hide_short_help = true)]
    pub(crate) basic: bool,
    /// Only Digest at the server (not built in)
    #[arg(long, help_heading = "Server", hide = true)]
    pub(crate) digest: bool,
    /// The strongest mechanism that the server offers, except Basic (the default)
    #[arg(long, help_heading = "Server", hide_short_help = true)]
    pub(crate) anyauth: bool,
    /// Take ADDRESS instead of asking the name service: HOST:PORT:ADDRESS[,ADDRESS]...
    #[arg(long, value_name = "HOST:PORT:ADDRESS", allow_hyphen_values = true, help_heading = "Server")]
    pub(crate) resolve: Vec<String>,
    /// Use IPv4 addresses only
    #[arg(short = '4', long, help_heading = "Server", conflicts_with = "ipv6", hide_short_help = true)]
    pub(crate) ipv4: bool,
    /// Use IPv6 addresses only
    #[arg(short = '6', long, help_heading = "Server", hide_short_help = true)]
    pub(crate) ipv6: bool,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// The password of -u in FILE, where both -u and -U have none
    #[arg(long, value_name = "FILE", help_heading = "Password", hide_short_help = true)]
    pub(crate) user_password_file: Option<PathBuf>,

    /// The login of a server from ~/.netrc (or what NETRC names)
    #[arg(short = 'n', long, help_heading = "Password", hide_short_help = true)]
    pub(crate) netrc: bool,
    /// The same
    #[arg(long, help_heading = "Password", hide = true)]
    pub(crate) netrc_optional: bool,
    /// The login of a server from FILE, which is like ~/.netrc
    #[arg(long, value_name = "FILE", help_heading = "Password", hide_short_help = true)]
    pub(crate) netrc_file: Option<PathBuf>,
    /// Ask this command for the proxy's login, when nothing else knows one: it speaks like git's credential helpers
    #[arg(long, value_name = "LINE", help_heading = "Password", hide_short_help = true)]
    pub(crate) credential_command: Option<String>,

    // Request
    /// Method (GET, or what -d, -T and -I make of it)
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) request: Option<String>,
    /// Ask for the head only, and print it
    #[arg(short = 'I', long, help_heading = "Request", conflicts_with = "upload_file")]
    pub(crate) head: bool,
    /// Post TEXT, or the file of @FILE without its line breaks (@- for standard input)
    #[arg(short = 'd', long, value_name = "TEXT|@FILE", visible_alias = "data-ascii", allow_hyphen_values = true,
          help_heading = "Request", conflicts_with_all = ["upload_file"])]
    pub(crate) data: Vec<String>,
    /// Post TEXT, or the file of @FILE as it is
    #[arg(long, value_name = "TEXT|@FILE", allow_hyphen_values = true, help_heading = "Request",
          conflicts_with_all = ["upload_file"], hide_short_help = true)]
    pub(crate) data_binary: Vec<String>,
    /// Post TEXT, even where it begins with @
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, help_heading = "Request",
          conflicts_with_all = ["upload_file"], hide_short_help = true)]
    pub(crate) data_raw: Vec<String>,
    /// Put the data of -d into the URL's query
    #[arg(short = 'G', long, help_heading = "Request", hide_short_help = true)]
    pub(crate) get: bool,
    /// Upload FILE (PUT; - for standard input)
    #[arg(short = 'T', long, value_name = "FILE", help_heading = "Request")]
    pub(crate) upload_file: Option<PathBuf>,
    /// Send this header line; 'Name:' leaves a default one out, 'Name;' sends an empty one
    #[arg(short = 'H', long, value_name = "LINE", allow_hyphen_values = true, help_heading = "Request")]
    pub(crate) header: Vec<String>,
    /// User-Agent
    #[arg(
        short = 'A',
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        help_heading = "Request",
        hide_short_help = true
    )]
    pub(crate) user_agent: Option<String>,
    /// Referer
    #[arg(
        short = 'e',
        long,
        value_name = "URL",
        allow_hyphen_values = true,
        help_heading = "Request",
        hide_short_help = true
    )]
    pub(crate) referer: Option<String>,
    /// Send this cookie
    #[arg(
        short = 'b',
        long,
        value_name = "NAME=VALUE",
        allow_hyphen_values = true,
        help_heading = "Request",
        hide_short_help = true
    )]
    pub(crate) cookie: Vec<String>,
    /// Ask for a part of the resource, in bytes: FIRST-LAST
    #[arg(
        short = 'r',
        long,
        value_name = "RANGE",
        allow_hyphen_values = true,
        help_heading = "Request",
        hide_short_help = true
    )]
    pub(crate) range: Option<String>,
    /// Follow redirects; credentials never leave the server they are for
    #[arg(short = 'L', long, help_heading = "Request")]
    pub(crate) location: bool,
    /// Follow at most N redirects (-1: as many as come)
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        allow_negative_numbers = true,
        help_heading = "Request"
    )]
    pub(crate) max_redirs: i32,

    // Output
    /// Write the body to FILE (- for standard output); the n-th -o or -O belongs to the n-th URL
    #[arg(short = 'o', long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Vec<PathBuf>,
    /// Write the body to a file named like the last part of the URL
    #[arg(short = 'O', long, num_args = 0, default_missing_value = "true", action = ArgAction::Append,
          help_heading = "Output")]
    pub(crate) remote_name: Vec<bool>,
    /// Make the directories that -o names
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    pub(crate) create_dirs: bool,
    /// Print the response's head before the body
    #[arg(short = 'i', long, visible_alias = "show-headers", help_heading = "Output")]
    pub(crate) include: bool,
    /// Write the response's head to FILE
    #[arg(short = 'D', long, value_name = "FILE", help_heading = "Output", hide_short_help = true)]
    pub(crate) dump_header: Option<PathBuf>,
    /// Print TEXT at the end, with %{http_code}, %{http_connect} and others in it (long help lists them)
    #[arg(short = 'w', long, value_name = "TEXT|@FILE", allow_hyphen_values = true, help_heading = "Output")]
    pub(crate) write_out: Option<String>,
    /// End with exit code 22 and without a body where the status is 400 or more
    #[arg(short = 'f', long, help_heading = "Output")]
    pub(crate) fail: bool,
    /// The same, with the body
    #[arg(long, help_heading = "Output", conflicts_with = "fail", hide_short_help = true)]
    pub(crate) fail_with_body: bool,
    /// End with the first URL that fails
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    pub(crate) fail_early: bool,
    /// No progress bar, no error texts
    #[arg(short = 's', long, help_heading = "Output")]
    pub(crate) silent: bool,
    /// Error texts even with -s
    #[arg(short = 'S', long, help_heading = "Output")]
    pub(crate) show_error: bool,
    /// No progress bar
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    pub(crate) no_progress_meter: bool,
    /// Progress as a bar (it always is)
    #[arg(short = '#', long, help_heading = "Output", hide = true)]
    pub(crate) progress_bar: bool,
    /// Do not buffer the output (it never is)
    #[arg(short = 'N', long, help_heading = "Output", hide = true)]
    pub(crate) no_buffer: bool,
    /// Show the conversation, with each message of the handshake decoded
    #[arg(short = 'v', long, help_heading = "Output")]
    pub(crate) verbose: bool,

    // TLS, time
    /// Trust the certificates in FILE (PEM) for the server, instead of the platform's
    #[arg(long, value_name = "FILE", help_heading = "TLS and time")]
    pub(crate) cacert: Option<PathBuf>,
    /// Trust the certificates in FILE (PEM) for an https:// proxy
    #[arg(long, value_name = "FILE", help_heading = "TLS and time")]
    pub(crate) proxy_cacert: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(short = 'k', long, help_heading = "TLS and time")]
    pub(crate) insecure: bool,
    /// Do not verify the proxy's certificate
    #[arg(long, help_heading = "TLS and time", hide_short_help = true)]
    pub(crate) proxy_insecure: bool,
    /// Give up after so many seconds (0: never)
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = seconds, help_heading = "TLS and time")]
    pub(crate) max_time: Option<Duration>,
    /// Give up connecting after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "TLS and time")]
    pub(crate) connect_timeout: Option<Duration>,
    /// Nothing is asked to be compressed, and what comes is the same
    #[arg(long, hide = true)]
    pub(crate) compressed: bool,
    /// Nothing older is spoken
    #[arg(long = "tlsv1.2", hide = true)]
    pub(crate) tlsv1_2: bool,
    /// URLs are never expanded here
    #[arg(short = 'g', long, hide = true)]
    pub(crate) globoff: bool,
    /// HTTP/1.1 is what is spoken
    #[arg(long = "http1.1", hide = true)]
    pub(crate) http1_1: bool,
    /// There is no configuration file
    #[arg(short = 'q', long, hide = true)]
    pub(crate) disable: bool,
}

/// Where a body of -d comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// `-d`: text, or a file without its line breaks.
    Ascii(String),
    /// `--data-binary`: text, or a file as it is.
    Binary(String),
    /// `--data-raw`: text.
    Raw(String),
}

/// Where the body of one URL goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Standard output.
    Stdout,
    /// This file (`-o`).
    File(PathBuf),
    /// A file named after the URL (`-O`).
    RemoteName,
}

/// The options whose order among each other counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub(crate) data: Vec<Data>,
    pub(crate) destinations: Vec<Destination>,
}

impl Ordered {
    /// Reads them off the matches of the command `fetch`.
    pub(crate) fn of(matches: &ArgMatches, args: &FetchArgs) -> Self {
        let mut data = Vec::new();
        for (id, values) in
            [("data", &args.data), ("data_binary", &args.data_binary), ("data_raw", &args.data_raw)]
        {
            let kind = match id {
                "data" => Data::Ascii,
                "data_binary" => Data::Binary,
                _ => Data::Raw,
            };
            data.extend(indices(matches, id).zip(values.iter().cloned().map(kind)));
        }
        let mut destinations: Vec<(usize, Destination)> = indices(matches, "output")
            .zip(args.output.iter().map(|path| {
                if path.as_os_str() == "-" { Destination::Stdout } else { Destination::File(path.clone()) }
            }))
            .collect();
        destinations.extend(indices(matches, "remote_name").map(|index| (index, Destination::RemoteName)));
        data.sort_by_key(|(index, _)| *index);
        destinations.sort_by_key(|(index, _)| *index);
        Self {
            data: data.into_iter().map(|(_, data)| data).collect(),
            destinations: destinations.into_iter().map(|(_, destination)| destination).collect(),
        }
    }
}

fn indices<'a>(matches: &'a ArgMatches, id: &str) -> impl Iterator<Item = usize> + 'a {
    // A default value has an index too, but was not typed.
    let typed = matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    matches.indices_of(id).filter(|_| typed).into_iter().flatten()
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| String::from("give a number of seconds, such as 20 or 0.5"))
}

const AFTER_HELP: &str = "\
A password after ':' on the command line can be read by every user of this machine. Leave it out: it is then taken from \
--password-file, --password-stdin, GATEPASS_PASSWORD or asked for. --help shows all options and the exit codes.";

fn after_long_help() -> String {
    format!("{PASSWORDS}\n\n{CURRENT_USER}\n\n{PROXIES}\n\n{WRITE_OUT}\n\n{}", exit_codes())
}

const PASSWORDS: &str = "\
Passwords: -U name:password works as with curl, but the command line can be read by every user of this machine and stays \
in the shell's history. With -U name the password is taken from the first of these that there is: --password-file, \
--password-stdin, the environment variable GATEPASS_PASSWORD, a prompt without echo. The same goes for -u name; where both \
have no password, these belong to -U, and -u has --user-password-file, GATEPASS_USER_PASSWORD and the prompt. A wrong \
password is sent once and never again, for accounts get locked.";

const CURRENT_USER: &str = "\
The current user: a proxy that wants a login, where no -U is given (or -U :), gets that of whoever is logged in: a Kerberos \
ticket (kinit) where there is one for the proxy, otherwise NTLM with what the first of these knows: GATEPASS_USER with \
GATEPASS_PASSWORD or GATEPASS_NT_HASH (32 hex digits), the file that NTLM_USER_FILE names, ~/.netrc (NETRC; its default entry \
does not count), the system's keyring (gatepass login), git's credential helpers, the command of --credential-command or \
GATEPASS_CREDENTIAL_COMMAND (at most 30 seconds), a prompt on the terminal. On Windows it is what the first of these knows, and \
otherwise the login of Windows; there is no prompt. With nothing at all the exit code is 94. \
A server gets nothing of this: only -u, the login in its URL, that of --netrc or --netrc-file, and, with --anyauth, \
--ntlm, --negotiate or --basic, what `gatepass login` stored for exactly this server; a ticket only with --negotiate or -u :, and only if a URL of the command line names it. -v says \
which it was, and what failed.";

const PROXIES: &str = "\
Without -x the proxy comes from the environment, as with curl: http_proxy (lower case only), https_proxy, HTTPS_PROXY, \
all_proxy, ALL_PROXY; no_proxy and NO_PROXY name the hosts that are reached directly. Where no variable names a proxy, \
Windows' own settings do: Internet Options, or else WinHTTP's.";

const WRITE_OUT: &str = "\
In the text of -w: \\n \\r \\t, %% and
  %{http_code} %{response_code}  status of the last response, 000 if there was none
  %{http_connect}                status of the proxy's last answer to CONNECT, 000 if there was none
  %{size_download} %{size_upload} %{size_header}  bytes of the bodies, and of the last response's head
  %{url} %{url_effective} %{urlnum} %{method} %{scheme} %{content_type} %{redirect_url} %{filename_effective}
  %{num_redirects} %{num_connects} %{num_headers} %{time_total}
  %{exitcode} %{errormsg} %{onerror} %{stdout} %{stderr} %{header{NAME}}";
