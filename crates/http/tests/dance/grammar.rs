//! The grammar of challenges: what RFC 9110 allows, what peers write, what attackers write.

use gatepass_http::{Challenge, GrammarError, GrammarErrorKind, Scheme, TokenError, challenges};
use proptest::prelude::*;

fn read(line: &[u8]) -> Result<Vec<Challenge<'_>>, GrammarError> {
    challenges([line]).collect()
}

/// A field line's challenges, written out again: `Scheme`, `Scheme:token68`, `Scheme(name=value;…)`.
fn written(line: &str) -> String {
    let texts: Vec<_> = read(line.as_bytes())
        .unwrap_or_else(|error| panic!("{line}: {error}"))
        .iter()
        .map(|challenge| match challenge.token68 {
            Some(token) => format!("{}:{token}", challenge.scheme),
            None if challenge.parameters.is_empty() => challenge.scheme.to_string(),
            None => {
                let parameters: Vec<_> = challenge
                    .parameters
                    .iter()
                    .map(|parameter| format!("{}={}", parameter.name, parameter.value.escape_ascii()))
                    .collect();
                format!("{}({})", challenge.scheme, parameters.join(";"))
            }
        })
        .collect();
    texts.join(" ")
}

#[test]
fn each_form_of_rfc_9110_is_read() {
    for (line, expected) in [
        ("", ""),
        (" , ,\t,", ""),
        ("NTLM", "NTLM"),
        ("NTLM , ,NTLM", "NTLM NTLM"),
        ("\tNTLM  \t abc== ", "NTLM:abc=="),
        ("Negotiate abc,NTLM", "Negotiate:abc NTLM"),
        ("A b, C d=e, F", "A:b C(d=e) F"),
        ("Basic realm=\"\"", "Basic(realm=)"),
        ("Basic realm = \"x\" , charset=\t\"UTF-8\" , NTLM", "Basic(realm=x;charset=UTF-8) NTLM"),
        (r#"Basic realm="a\"b\\c, NTLM", NTLM"#, r#"Basic(realm=a\"b\\c, NTLM) NTLM"#),
        (
            "Digest realm=\"r\", nonce=\"n,o\",qop=\"auth,auth-int\", algorithm=MD5, NTLM",
            "Digest(realm=r;nonce=n,o;qop=auth,auth-int;algorithm=MD5) NTLM",
        ),
        ("Foo ,a=b, ,c=d", "Foo(a=b;c=d)"),
        ("Foo a=b, c=, d=e", "Foo(a=b;c=;d=e)"),
        ("!#$%&'*+-.^_`|~09aZ", "!#$%&'*+-.^_`|~09aZ"),
        ("Foo -._~+/09aZ===", "Foo:-._~+/09aZ==="),
    ] {
        assert_eq!(written(line), expected, "{line}");
    }
}

#[test]
fn the_example_of_rfc_9110_11_6_1_is_read() {
    let line = r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#;
    assert_eq!(written(line), r#"Basic(realm=simple) Newauth(realm=apps;type=1;title=Login to \"apps\")"#);
}

#[test]
fn challenges_keep_the_number_of_their_line() {
    let lines: [&[u8]; 4] = [b"Negotiate, Foo", b"", b"Basic realm=\"open", b"NTLM"];
    let seen: Vec<_> = challenges(lines)
        .map(|challenge| match challenge {
            Ok(challenge) => (challenge.line, challenge.scheme.to_string()),
            Err(error) => (error.line, error.to_string()),
        })
        .collect();
    assert_eq!(
        seen,
        [
            (0, "Negotiate".into()),
            (0, "Foo".into()),
            (2, "line 3, byte 12: a quoted string is not closed".into()),
            (3, "NTLM".into()),
        ]
    );
}

#[test]
fn a62_each_broken_line_is_an_error_at_its_byte() {
    use GrammarErrorKind::{OpenQuote, UnexpectedByte, UnexpectedEnd};
    for (line, at, kind) in [
        (&b"Basic realm=\"a, NTLM"[..], 12, OpenQuote),
        (b"Basic realm=\"a\\", 12, OpenQuote),
        (b"NTLM, Basic realm=\"", 18, OpenQuote),
        (b"Basic realm=\"a\x00b\"", 14, UnexpectedByte(0)),
        (b"Basic realm=\"a\\\x7f\"", 14, UnexpectedByte(b'\\')),
        (b"Basic realm=\"a\"b", 15, UnexpectedByte(b'b')),
        (b"Basic realm=\"a\" NTLM", 16, UnexpectedByte(b'N')),
        (b"NTLM: abc", 4, UnexpectedByte(b':')),
        (b"NTLM ab cd", 8, UnexpectedByte(b'c')),
        (b"NTLM \"abc\"", 5, UnexpectedByte(b'"')),
        (b"NTLM ****", 9, UnexpectedEnd),
        (b"NTLM ====", 5, UnexpectedByte(b'=')),
        (b"NTLM a=b=\"c\"", 9, UnexpectedByte(b'"')),
        (b"NTLM \xc3\xa4", 5, UnexpectedByte(0xc3)),
        (b"NTLM\x00", 4, UnexpectedByte(0)),
        (b"NTLM ab\r\n cd", 7, UnexpectedByte(b'\r')),
        (b"\xffNTLM", 0, UnexpectedByte(0xff)),
        (b"Negotiate abc, realm=x", 20, UnexpectedByte(b'=')),
        (b"=x, NTLM", 0, UnexpectedByte(b'=')),
        (b"a=b, NTLM", 1, UnexpectedByte(b'=')),
    ] {
        let error = read(line).unwrap_err();
        assert_eq!((error.line, error.at, error.kind), (0, at, kind), "{}", line.escape_ascii());
    }
}

#[test]
fn a62_bytes_that_are_no_text_stay_inside_their_quoted_string() {
    let line = b"Basic realm=\"Gr\xfc\xdfe\", NTLM";
    let all = read(line).unwrap();
    assert_eq!(all[0].parameters[0].value, &b"Gr\xfc\xdfe"[..]);
    assert_eq!(all[1].known_scheme(), Some(Scheme::Ntlm));
}

/// How many challenges, or which error, a megabyte of `unit` makes of `prefix`. Were any of it quadratic, this would not
/// end within the patience of a test run; were it recursive, the stack would.
fn megabyte(prefix: &str, unit: &str) -> Result<usize, GrammarErrorKind> {
    let line = format!("{prefix}{}", unit.repeat((1 << 20) / unit.len()));
    challenges([line.as_bytes()])
        .try_fold(0, |count, challenge| challenge.map(|_| count + 1))
        .map_err(|error| error.kind)
}

#[test]
fn a62_a_megabyte_of_anything_is_read_in_one_pass() {
    let units = 1 << 20;
    assert_eq!(megabyte("NTLM", ","), Ok(1));
    assert_eq!(megabyte("Basic realm=x", ", "), Ok(1));
    assert_eq!(megabyte("", "NTLM,"), Ok(units / 5));
    assert_eq!(megabyte("", "NTLM a==,"), Ok(units / 9));
    assert_eq!(megabyte("Foo a=b", ",a=b"), Ok(1));
    assert_eq!(megabyte("", "Foo a=b,"), Ok(units / 8));
    assert_eq!(megabyte("", "A"), Ok(1));
    assert_eq!(megabyte("NTLM ", "="), Err(GrammarErrorKind::UnexpectedByte(b'=')));
    assert_eq!(megabyte("NTLM A", "="), Ok(1));
    assert_eq!(megabyte("NTLM", " "), Ok(1));
    assert_eq!(megabyte("NTLM ", "A "), Err(GrammarErrorKind::UnexpectedByte(b'A')));
    assert_eq!(megabyte("Basic realm=\"", "\\\""), Err(GrammarErrorKind::OpenQuote));
    assert_eq!(megabyte("Basic realm=\"", "a"), Err(GrammarErrorKind::OpenQuote));
    assert_eq!(megabyte("", "A a=\"b\","), Ok(units / 8));
}

#[test]
fn scheme_names_are_compared_in_any_case_and_as_a_whole() {
    for (name, scheme) in [
        ("ntlm", Some(Scheme::Ntlm)),
        ("NtLm", Some(Scheme::Ntlm)),
        ("NEGOTIATE", Some(Scheme::Negotiate)),
        ("basic", Some(Scheme::Basic)),
        ("Digest", Some(Scheme::Digest)),
        ("NTLMv2", None),
        ("NTL", None),
        ("", None),
    ] {
        assert_eq!(Scheme::named(name), scheme, "{name}");
        assert!(scheme.is_none_or(|scheme| scheme.to_string().eq_ignore_ascii_case(name)));
    }
    assert!(
        Scheme::Negotiate < Scheme::Ntlm && Scheme::Ntlm < Scheme::Digest && Scheme::Digest < Scheme::Basic
    );
    assert!(Scheme::danced().eq([Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic]));
}

#[test]
fn tokens_are_base64_with_or_without_their_padding() {
    for (line, expected) in [
        ("NTLM", Ok(None)),
        ("NTLM b25l", Ok(Some(&b"one"[..]))),
        ("NTLM b25lIQ==", Ok(Some(b"one!"))),
        ("NTLM b25lIQ", Ok(Some(b"one!"))),
        ("NTLM b25lIQ=", Ok(Some(b"one!"))),
        ("NTLM b25lIQ======", Ok(Some(b"one!"))),
        ("NTLM realm=\"x\"", Ok(None)),
        ("NTLM token=b25l", Err(TokenError::InParameter)),
        ("NTLM b2=5l", Err(TokenError::InParameter)),
        ("NTLM b25lI", Err(TokenError::InvalidLength { length: 5 })),
        ("NTLM b25lIR==", Err(TokenError::InvalidByte { at: 5, byte: b'R' })),
        ("NTLM b2-l", Err(TokenError::InvalidByte { at: 2, byte: b'-' })),
        // Squid 5.7 with negotiate_wrapper_auth.
        ("Negotiate token=b25lIQ==", Ok(Some(b"one!"))),
        ("Negotiate token=\"b25l\"", Ok(Some(b"one"))),
        ("Negotiate token=\"b2\u{e9}\"", Err(TokenError::InvalidByte { at: 2, byte: 0xc3 })),
        ("Negotiate a=b", Err(TokenError::InParameter)),
        ("Basic realm=\"x\", token=y", Ok(None)),
    ] {
        let all = read(line.as_bytes()).unwrap();
        let token = all[0].token();
        assert_eq!(token, expected.map(|token| token.map(<[u8]>::to_vec)), "{line}");
    }
    assert_eq!(Scheme::Ntlm.value(b"one!"), "NTLM b25lIQ==");
    assert_eq!(Scheme::Negotiate.value(b""), "Negotiate ");
}

proptest! {
    #[test]
    fn no_bytes_make_the_grammar_panic_or_leave_its_line(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        for challenge in challenges([&line[..]]) {
            match challenge {
                Ok(challenge) => {
                    prop_assert!(!challenge.scheme.is_empty());
                    let _ = challenge.token();
                }
                Err(error) => prop_assert!(error.at <= line.len()),
            }
        }
    }

    #[test]
    fn no_grammatical_looking_line_makes_the_grammar_panic(line in "[NTa=,\"\\\\ \t/é*]{0,60}") {
        let count = challenges([line.as_bytes()]).count();
        prop_assert!(count <= line.len());
    }

    #[test]
    fn any_token_survives_its_field(token in proptest::collection::vec(any::<u8>(), 1..300)) {
        let value = Scheme::Ntlm.value(&token);
        let all = read(value.as_bytes()).unwrap();
        prop_assert_eq!(all.len(), 1);
        prop_assert_eq!(all[0].token().unwrap(), Some(token));
    }

    #[test]
    fn any_text_survives_a_quoted_string(text in "[ -~]{0,40}") {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        let line = format!("Basic realm=\"{escaped}\", NTLM");
        let all = read(line.as_bytes()).unwrap();
        prop_assert_eq!(all.len(), 2);
        prop_assert_eq!(&*all[0].parameters[0].value, text.as_bytes());
    }
}
