//! No secret is left in memory that was given back (A87).
//!
//! This program starts itself a second time. The child gets a password through its standard input, logs in with it in every way
//! that there is, and stops twice: while it still needs the secrets, and when it has dropped them. Each time the parent reads
//! the memory of the child, as `/proc` shows it, and looks for the password, what is made of it, and the session key.
//!
//! The stack is left out: what was moved leaves copies there until it is overwritten, about which Rust promises nothing.

#![expect(
    clippy::print_stdout,
    reason = "it has no test harness, whose threads would have stacks of their own to search"
)]

#[cfg(target_os = "linux")]
mod linux {
    use gatepass::spnego::{Oid, Spnego};
    use gatepass::{
        Accounts, Attributes, Backend, Credentials, NtHash, Ntlm, Password, Principal, Request,
        SecurityContext, SessionKey, Step, crypto,
    };
    use std::fs::{self, File};
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::fs::FileExt as _;
    use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
    use std::sync::Arc;

    const PASSWORD: &str = "Marker-9f41c7-Passw\u{f6}rd";
    const CHILD: &str = "GATEPASS_MEMORY_TEST_CHILD";

    pub(super) fn main() -> ExitCode {
        if std::env::var_os(CHILD).is_some() {
            child();
            return ExitCode::SUCCESS;
        }
        if std::env::args().any(|argument| argument == "--list") {
            println!("a87_no_secret_is_left_in_memory_that_was_given_back: test");
            return ExitCode::SUCCESS;
        }
        a87_no_secret_is_left_in_memory_that_was_given_back();
        println!("test a87_no_secret_is_left_in_memory_that_was_given_back ... ok");
        ExitCode::SUCCESS
    }

    fn a87_no_secret_is_left_in_memory_that_was_given_back() {
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts a second time");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        say(&mut child, PASSWORD.as_bytes());
        let keys: Vec<Vec<u8>> = next(&mut output).split_whitespace().map(bytes).collect();
        let hash = crypto::ntowf_v1(PASSWORD);
        let response_key = crypto::ntowf_v2("alice", "CORP", &hash);
        let units: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut secrets = vec![
            ("the password", PASSWORD.as_bytes()),
            ("the password in UTF-16", &units),
            ("the NT hash", hash.expose()),
            ("NTOWFv2", response_key.expose()),
        ];
        secrets.extend(keys.iter().map(|key| ("a session key", &key[..])));

        let alive = found(child.id(), &secrets);
        // The search finds what is there: all but what was made of these and used at once.
        let mut needed = vec!["the password", "the NT hash"];
        needed.extend(keys.iter().map(|_| "a session key"));
        assert_eq!(alive, needed);
        say(&mut child, b".");
        assert_eq!(next(&mut output), "dropped");
        let left = found(child.id(), &secrets);
        say(&mut child, b".");
        assert!(child.wait().expect("the child ends").success());
        assert!(left.is_empty(), "left in memory: {left:?}");
    }

    fn say(child: &mut Child, bytes: &[u8]) {
        let input = child.stdin.as_mut().expect("it is piped");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the child listens");
    }

    fn next(output: &mut BufReader<ChildStdout>) -> String {
        let mut line = String::new();
        output.read_line(&mut line).expect("the child speaks");
        line.trim_end().to_owned()
    }

    /// What hexadecimal digits stand for.
    fn bytes(digits: &str) -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    /// Which of `secrets` are in the writable memory of the process, but for its stack.
    fn found<'a>(process: u32, secrets: &[(&'a str, &[u8])]) -> Vec<&'a str> {
        let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("Linux shows its maps");
        let memory = File::open(format!("/proc/{process}/mem")).expect("a parent may read it");
        let mut found = vec![false; secrets.len()];
        let (mut heaps, mut bytes) = (0, 0);
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            if !rights.starts_with("rw") || line.ends_with("[stack]") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let address = |text| u64::from_str_radix(text, 16).unwrap();
            let mut region = vec![0; usize::try_from(address(end) - address(start)).unwrap()];
            memory.read_exact_at(&mut region, address(start)).expect("what is mapped can be read");
            heaps += usize::from(line.ends_with("[heap]"));
            bytes += region.len();
            for (found, (_, secret)) in found.iter_mut().zip(secrets) {
                *found |= region.windows(secret.len()).any(|part| part == *secret);
            }
        }
        assert!(heaps == 1 && bytes > 100_000, "{heaps} heaps, {bytes} bytes in {maps}");
        secrets.iter().zip(found).filter(|(_, found)| *found).map(|((name, _), _)| *name).collect()
    }

    /// The accounts of a server that keeps no password.
    struct Alice(NtHash);

    impl Accounts for Alice {
        fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
            (principal.user() == "alice").then(|| self.0.clone())
        }
    }

    fn child() {
        // Standard input itself reads into a buffer of its own, which nobody wipes.
        let mut input = File::open("/dev/stdin").expect("it is a pipe");
        let mut password = vec![0; PASSWORD.len()];
        input.read_exact(&mut password).expect("the parent sends it");
        let password = Password::from(String::from_utf8(password).expect("it is text"));
        let hash = crypto::ntowf_v1(password.expose());
        let accounts = Arc::new(Alice(hash.clone()));
        let alice = || Principal::new("CORP", "alice");
        let credentials = [
            Credentials::Password(alice(), password.clone()),
            Credentials::NtHash(alice(), hash.clone()),
            Credentials::Password(Principal::new("CORP", "nobody"), password),
        ];

        let ntlm: Arc<dyn Backend> = Arc::new(Ntlm::new());
        let spnego = Arc::new(Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::clone(&ntlm)));
        let mut contexts = Vec::new();
        for backend in [ntlm, spnego] {
            let datagrams = Attributes::CONFIDENTIALITY | Attributes::DATAGRAM;
            for attributes in [Attributes::none(), Attributes::CONFIDENTIALITY, datagrams] {
                for credentials in &credentials {
                    let request = Request::target("HTTP/proxy").with_requirements(attributes);
                    for legs in 1..=4 {
                        contexts.extend(login(&*backend, credentials, &request, &accounts, legs));
                    }
                }
            }
        }
        for context in &mut contexts {
            let attributes = context.attributes();
            if attributes.contains(Attributes::DATAGRAM) {
                context.seal_datagram(1, &mut [7; 7]).expect("it protects datagrams");
            } else if attributes.contains(Attributes::CONFIDENTIALITY) {
                context
                    .sign(b"message")
                    .and_then(|_| context.seal(&mut [7; 7]))
                    .expect("it protects messages");
            }
        }
        let hex =
            |key: &SessionKey| key.expose().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let keys: Vec<String> =
            contexts.iter().filter_map(|one| one.session_key()).map(|key| hex(&key)).collect();
        assert!(keys.len() > 30, "{} logins", keys.len());
        println!("{}", keys.join(" "));
        let mut word = [0];
        input.read_exact(&mut word).expect("the parent goes on");

        drop((contexts, credentials, accounts, hash));
        println!("dropped");
        input.read_exact(&mut word).expect("the parent goes on");
    }

    /// The server's and the client's context after so many legs, as far as there are any.
    fn login(
        backend: &dyn Backend,
        credentials: &Credentials,
        request: &Request,
        accounts: &Arc<Alice>,
        legs: usize,
    ) -> Vec<Box<dyn SecurityContext>> {
        let mut contexts = Vec::new();
        let mut taker = backend.accept(accounts.clone(), request).ok();
        let mut step = backend.initiate(credentials, request);
        for leg in 0.. {
            let (token, next) = match step {
                Ok(Step::Continue { token, next }) => (token, Some(next)),
                Ok(Step::Complete { token, context }) => {
                    contexts.push(context);
                    (token.unwrap_or_default(), None)
                }
                Err(_) => break,
            };
            // What waits here is dropped as it is.
            let Some(handshake) = taker.take().filter(|_| leg < legs) else { break };
            step = handshake.step(&token);
            taker = next;
        }
        contexts
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("NOT RUN: it reads a process's memory in /proc, which is Linux's");
}
