//! The transcript as text: one connection after the other, a few lines a request.

use super::{Connection, Ended, Exchange, Log, Outcome, Transcript};
use std::fmt::{self, Write as _};

/// Text that may hold what a peer sent: nothing in it drives a terminal, and lines stay lines.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\'' | '"' | '\\' => f.write_char(letter),
            _ => write!(f, "{}", letter.escape_debug()),
        })
    }
}

/// The proxy's connections, then the origin's. Nothing that a peer sent reaches the text unescaped.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_log(f, &self.proxy, "proxy")?;
        write_log(f, &self.origin, "origin")
    }
}

fn write_log(f: &mut fmt::Formatter<'_>, log: &Log, place: &str) -> fmt::Result {
    if log.forgotten > 0 {
        writeln!(f, "{place}: {} older connections are no longer kept", log.forgotten)?;
    }
    log.connections.iter().try_for_each(|connection| write!(f, "{place} {connection}"))
}

/// A headline, the requests, and the end.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "connection {} from {}", self.number, self.peer)?;
        self.exchanges.iter().try_for_each(|exchange| write!(f, "{exchange}"))?;
        if self.forgotten > 0 {
            writeln!(f, "  {} more requests", self.forgotten)?;
        }
        match &self.ended {
            Some(ended) => write!(f, "  {ended}")?,
            None => write!(f, "  still open")?,
        }
        writeln!(f, " in leg {}; {} bytes came, {} were sent", self.leg, self.received, self.sent)
    }
}

/// The request, its token, the answer, its token: a line each.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  > {} {} {}", Escaped(&self.method), Escaped(&self.target), self.version)?;
        if self.request_body > 0 {
            write!(f, ", {} bytes", self.request_body)?;
        }
        writeln!(f)?;
        if let Some(token) = &self.token {
            writeln!(f, "    {token}")?;
        }
        match self.status {
            Some(status) => write!(f, "  < {status} {}", self.outcome)?,
            None => write!(f, "  < no answer yet; {}", self.outcome)?,
        }
        if self.response_body > 0 {
            write!(f, ", {} bytes", self.response_body)?;
        }
        writeln!(f)?;
        self.faults.iter().try_for_each(|fault| writeln!(f, "    ! {fault}"))?;
        if let Some(token) = &self.challenge {
            writeln!(f, "    {token}")?;
        }
        Ok(())
    }
}

/// A few words.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("not judged yet"),
            Self::Open => f.write_str("open to all"),
            Self::Offered => f.write_str("credentials wanted"),
            Self::Challenged => f.write_str("challenged"),
            Self::Granted(principal) => write!(f, "granted to {principal}"),
            Self::Refused(reason) => write!(f, "refused: {}", Escaped(reason)),
            Self::Invalid(reason) => write!(f, "invalid: {}", Escaped(reason)),
        }
    }
}

/// A few words.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByClient => f.write_str("closed by the client"),
            Self::ByMock => f.write_str("closed by the mock"),
            Self::ByProxy => f.write_str("closed by the proxy"),
            Self::Unreachable(reason) => write!(f, "closed: {}", Escaped(reason)),
            Self::Reset => f.write_str("reset"),
            Self::Silent => f.write_str("closed for want of a request"),
            Self::Garbage(reason) => write!(f, "closed for garbage ({})", Escaped(reason)),
            Self::Panicked => f.write_str("ended by a panic"),
        }
    }
}
