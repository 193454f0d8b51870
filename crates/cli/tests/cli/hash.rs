//! `gatepass hash`, and where passwords come from.

use crate::support::{gatepass, write_secret};

/// [MS-NLMP] 4.2.1: user "User", domain "Domain", password "Password".
const NT_HASH: &str = "NT hash (NTOWFv1): a4f49c406510bdcab6824ee7c30fd852\n";
const BOTH: &str = "NT hash (NTOWFv1): a4f49c406510bdcab6824ee7c30fd852\n\
                    NTOWFv2:           0c868a403bfd7a93a3001ef22ef02e3f\n";

#[test]
fn the_hashes_are_those_of_the_document() {
    let ended = gatepass(["hash"]).stdin("Password").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, NT_HASH));
    let ended = gatepass(["hash", "--user", "User", "--domain", "Domain"]).stdin("Password\n").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, BOTH));
    let ended = gatepass(["hash", "--user", "Domain\\User"]).stdin("Password").run();
    assert_eq!(ended.stdout, BOTH);
    // Only the user name is put in upper case.
    let ended = gatepass(["hash", "--user", "uSER", "--domain", "Domain"]).stdin("Password").run();
    assert_eq!(ended.stdout, BOTH);
    let ended = gatepass(["hash", "--user", "User", "--domain", "DOMAIN"]).stdin("Password").run();
    assert_ne!(ended.stdout, BOTH);
}

#[test]
fn the_password_comes_from_a_file_before_the_environment_before_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    write_secret(&path, "Password\n");
    let path = path.to_str().unwrap();
    let ended =
        gatepass(["hash", "--password-file", path]).env("GATEPASS_PASSWORD", "other").stdin("x").run();
    assert_eq!(ended.stdout, NT_HASH);
    let ended =
        gatepass(["hash", "--password-stdin"]).env("GATEPASS_PASSWORD", "other").stdin("Password\n").run();
    assert_eq!(ended.stdout, NT_HASH);
    let ended = gatepass(["hash"]).env("GATEPASS_PASSWORD", "Password").stdin("x").run();
    assert_eq!(ended.stdout, NT_HASH);
    let ended = gatepass(["hash", "--password-file", path, "--password-stdin"]).run();
    assert_eq!(ended.code, 2);
}

#[test]
fn a88_a_file_of_other_bytes_than_utf_8_is_an_error_and_no_hash() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    for bytes in [&b"p\xe4ssword\n"[..], b"\xff\xfeP\0w\0", b"\xef\xbb\xbfPassword"] {
        write_secret(&path, bytes);
        let ended = gatepass(["hash", "--password-file", path.to_str().unwrap()]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (26, ""), "{ended:?}");
        assert!(ended.stderr.contains("UTF-8") || ended.stderr.contains("byte order mark"), "{ended:?}");
    }
    write_secret(&path, "Password\r\n");
    assert_eq!(gatepass(["hash", "--password-file", path.to_str().unwrap()]).run().stdout, NT_HASH);
    write_secret(&path, "Password\n\n");
    assert_ne!(gatepass(["hash", "--password-file", path.to_str().unwrap()]).run().stdout, NT_HASH);
    let composed = gatepass(["hash"]).stdin("\u{e9}").run().stdout;
    assert_ne!(composed, gatepass(["hash"]).stdin("e\u{301}").run().stdout);
}

#[test]
fn a84_the_password_is_never_an_argument() {
    for arguments in [&["hash", "Password"][..], &["hash", "--password", "Password"]] {
        let ended = gatepass(arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    }
    let help = gatepass(["hash", "--help"]).run().stdout;
    assert!(help.contains("no option that") && help.contains("as good as the password"), "{help}");
}

#[test]
fn a86_whoever_makes_a_hash_is_told_that_it_is_as_good_as_the_password() {
    let ended = gatepass(["hash"]).stdin("Password").run();
    assert!(ended.stderr.contains("as secret as the password: whoever has the hash can log in"), "{ended:?}");
    for (command, words) in [("hash", "as good as the password"), ("login", "logs in by NTLM just as well")] {
        let help = gatepass([command, "--help"]).run().stdout;
        let lines: Vec<_> = help.split_whitespace().collect();
        assert!(lines.join(" ").contains(words), "{help}");
    }
}

#[cfg(unix)]
#[test]
fn a85_a_password_file_that_others_may_read_is_refused_with_the_line_to_type() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    write_secret(&path, "Password\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = gatepass(["hash", "--password-file", path.to_str().unwrap()]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (26, ""), "{ended:?}");
    let line = format!("chmod 600 {}\n", path.display());
    assert!(ended.stderr.ends_with(&line), "{ended:?}");
}
