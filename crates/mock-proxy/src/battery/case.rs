//! A case: a script for the mock, a task for the client, and what is expected of both.

use super::finding::{Finding, Finish};
use super::judgement::{self, Check};
use crate::{Account, Error, Fault, Leg, MockProxy, Offered, Planned, Running, Script};
use std::fmt;

/// The user of most cases, with his domain.
pub(super) const USER: &str = "CORP\\alice";
/// His password.
pub(super) const PASSWORD: &str = "Passw0rd!";
/// Another user.
pub(super) const OTHER_USER: &str = "CORP\\bob";
/// The other one's password.
pub(super) const OTHER_PASSWORD: &str = "Bob-Passw0rd!";

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// The handshake itself.
    Dance,
    /// Tunnels.
    Connect,
    /// Bodies of requests and responses.
    Bodies,
    /// Connections that stay open, and those that do not.
    Persistence,
    /// The ways in which a head can be written.
    Layouts,
    /// What goes wrong in each leg.
    Faults,
    /// What must never happen.
    Security,
}

impl Group {
    /// All groups, in the order of the battery.
    pub const ALL: [Self; 7] = [
        Self::Dance,
        Self::Connect,
        Self::Bodies,
        Self::Persistence,
        Self::Layouts,
        Self::Faults,
        Self::Security,
    ];

    /// Its name, one word in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dance => "dance",
            Self::Connect => "connect",
            Self::Bodies => "bodies",
            Self::Persistence => "persistence",
            Self::Layouts => "layouts",
            Self::Faults => "faults",
            Self::Security => "security",
        }
    }
}

/// The name.
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the client has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// Get one page.
    Get,
    /// Send a body of so many bytes.
    Upload(u64),
    /// Get two pages, one after the other, in one run.
    Two,
    /// Get a page, and follow redirects.
    Follow,
    /// Get a page as one user and another page as another user, in one run.
    Users,
}

/// The login that the client is given.
// No `Debug` of a password, though these are everyone's.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// `DOMAIN\user`.
    pub user: String,
    /// The password.
    pub password: String,
}

/// The user.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Login {
    fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned() }
    }
}

/// How the client should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ends {
    /// With the page, exit code 0.
    Page,
    /// With another exit code: there is no page to be had.
    Failure,
    /// Either way, as long as exit code 0 means that it has the page.
    Either,
}

/// A named case.
#[derive(Clone, Debug)]
pub struct Case {
    name: String,
    group: Group,
    about: String,
    section: &'static str,
    task: Task,
    secure: bool,
    paths: [&'static str; 2],
    login: Login,
    script: Script,
    pub(super) ends: Ends,
    /// The most AUTHENTICATE messages that may reach the proxy.
    pub(super) attempts: usize,
    pub(super) checks: Vec<Check>,
}

impl Case {
    /// `alice` with the right password gets `http://origin.test/` from a proxy that offers NTLM.
    pub(super) fn new(group: Group, name: &str, about: &str, section: &'static str) -> Self {
        let account = |user: &str, password: &str| Account {
            user: user.to_owned(),
            password: Some(password.to_owned()),
            nt_hash: None,
            refused: None,
        };
        let script = Script {
            accounts: vec![account(USER, PASSWORD), account(OTHER_USER, OTHER_PASSWORD)],
            ..Script::default()
        };
        Self {
            name: name.to_owned(),
            group,
            about: about.to_owned(),
            section,
            task: Task::Get,
            secure: false,
            paths: ["/", "/echo"],
            login: Login::new(USER, PASSWORD),
            script,
            ends: Ends::Page,
            attempts: 1,
            checks: Vec::new(),
        }
    }

    /// Over https, through a tunnel.
    pub(super) fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    pub(super) fn at(mut self, path: &'static str) -> Self {
        self.paths = [path, "/echo"];
        self
    }

    pub(super) fn with_task(mut self, task: Task) -> Self {
        self.task = task;
        if let Task::Upload(_) = task {
            self.paths = ["/digest", "/echo"];
        }
        self
    }

    /// Offering these, in place of NTLM.
    pub(super) fn offer(mut self, offered: &[Offered]) -> Self {
        self.script.offer = offered.to_vec();
        self
    }

    /// Like this personality.
    pub(super) fn like(mut self, name: &str) -> Self {
        self.script.like = Some(name.to_owned());
        self
    }

    /// With an account of this name and password, that the client is given.
    pub(super) fn account(mut self, user: &str, password: &str) -> Self {
        self.script.accounts.push(Account {
            user: user.to_owned(),
            password: Some(password.to_owned()),
            nt_hash: None,
            refused: None,
        });
        self.typed(user, password)
    }

    /// With this login for the client, whatever accounts there are.
    pub(super) fn typed(mut self, user: &str, password: &str) -> Self {
        self.login = Login::new(user, password);
        self
    }

    /// With this change of the script.
    pub(super) fn scripted(mut self, change: impl FnOnce(&mut Script)) -> Self {
        change(&mut self.script);
        self
    }

    pub(super) fn fault(mut self, leg: Leg, nth: u64, fault: Fault) -> Self {
        self.script.faults.push(Planned { leg, nth: Some(nth), fault });
        self
    }

    pub(super) fn each(mut self, legs: &[Leg], fault: &Fault) -> Self {
        let planned = legs.iter().map(|leg| Planned { leg: *leg, nth: None, fault: fault.clone() });
        self.script.faults.extend(planned);
        self
    }

    pub(super) fn origin_fault(mut self, fault: Fault) -> Self {
        self.script.origin_faults.push(Planned { leg: Leg::Served, nth: Some(1), fault });
        self
    }

    pub(super) fn ends(mut self, ends: Ends) -> Self {
        self.ends = ends;
        self
    }

    /// With so many AUTHENTICATE messages at most.
    pub(super) fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts;
        self
    }

    pub(super) fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Its name, unique in the battery.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is about.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// What the proxy does, and what the client should do, in a sentence.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Where it is written that a client should.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.section
    }

    /// What the client has to do.
    #[must_use]
    pub const fn task(&self) -> Task {
        self.task
    }

    /// How the client should end.
    #[must_use]
    pub const fn expected(&self) -> Ends {
        self.ends
    }

    /// Whether the page comes through a tunnel.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// What the client asks for: a page, and where the task is [two](Task::Two), another one.
    #[must_use]
    pub fn urls(&self) -> [String; 2] {
        let scheme = if self.secure { "https" } else { "http" };
        self.paths.map(|path| format!("{scheme}://{}{path}", crate::authority::ORIGIN_HOST))
    }

    /// The login that the client is given.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// The second login, for [`Task::Users`].
    #[must_use]
    pub fn other_login(&self) -> Login {
        Login::new(OTHER_USER, OTHER_PASSWORD)
    }

    /// How the mock is told to be: `gatepass mock-proxy --script` takes its TOML.
    #[must_use]
    pub const fn script(&self) -> &Script {
        &self.script
    }

    /// Whether nothing goes wrong on purpose, and nobody is imitated: any proxy with NTLM can show it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let script = &self.script;
        script.faults.is_empty()
            && script.origin_faults.is_empty()
            && script.like.is_none()
            && script.offer.is_empty()
    }

    /// Starts the mock of this case.
    ///
    /// # Errors
    /// As [`MockProxy::start`].
    pub fn start(&self) -> Result<Running, Error> {
        MockProxy::new().script(&self.script)?.start()
    }

    /// What `running` has seen of a client that ended like `finish`.
    #[must_use]
    pub fn judge(&self, running: &Running, finish: &Finish) -> Finding {
        judgement::judge(self, running, finish)
    }
}
