//! Files are local: on Windows, opening `\\host\share\file` logs in at `host` with the user's own login, which whoever
//! listens there can relay or crack. So a path that was given to us is looked at before anything is opened.
//!
//! Refused are UNC paths in every spelling that Windows takes (`\\host\..`, `//host/..`, `\\?\UNC\host\..`), devices that
//! lead there, and `file://` URLs. What stays: drives, relative paths, `NUL`. A drive letter that the user has mapped to a
//! share, and a link on a local disk, are the user's own choice.

use std::io;
use std::path::Path;

/// `path`, if it is on this machine; elsewhere than on Windows every path is.
///
/// # Errors
/// For a path to another machine, with what to do instead.
pub fn local<P: AsRef<Path> + ?Sized>(path: &P) -> io::Result<&Path> {
    let path = path.as_ref();
    if cfg!(windows) && leads_away(&path.to_string_lossy()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is a path to another machine, where Windows would log in as you; copy the file, or map a drive letter to it",
        ));
    }
    Ok(path)
}

/// Whether Windows would go to another machine, or to a device, for `path`.
fn leads_away(path: &str) -> bool {
    let path: String = path.trim_start().chars().map(|c| if c == '/' { '\\' } else { c }).collect();
    if path.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) {
        return true;
    }
    match path
        .strip_prefix(r"\\?\")
        .or_else(|| path.strip_prefix(r"\\.\"))
        .or_else(|| path.strip_prefix(r"\??\"))
    {
        Some(verbatim) => !is_drive(verbatim),
        None => path.starts_with(r"\\"),
    }
}

/// `C:\..`
fn is_drive(path: &str) -> bool {
    let mut characters = path.chars();
    characters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && characters.next() == Some(':')
        && matches!(characters.next(), None | Some('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a39_a_path_to_another_machine_is_known_in_every_spelling() {
        for path in [
            r"\\host\share\file",
            "//host/share/file",
            r"\/host\share",
            r"/\host\share",
            r"\\host@SSL\DavWWWRoot\file",
            r"\\host@8080\share",
            r"\\127.0.0.1\c$\file",
            r"\\?\UNC\host\share",
            r"\\?\unc\host\share",
            "//?/UNC/host/share",
            r"\\.\UNC\host\share",
            r"\??\UNC\host\share",
            r"\\?\GLOBALROOT\Device\Mup\host\share",
            r"\\.\pipe\name",
            r"\\?\",
            r"  \\host\share",
            "file://host/share",
            "FILE://host/share",
            "file:////host/share",
            r"file:\\host\share",
        ] {
            assert!(leads_away(path), "{path}");
        }
    }

    #[test]
    fn paths_of_this_machine_stay() {
        for path in [
            r"C:\Users\alice\password",
            "C:/Users/alice/password",
            "password",
            r".\password",
            r"..\..\password",
            r"\password",
            "/password",
            r"\\?\C:\Users\alice",
            r"\\.\C:\Users\alice",
            "NUL",
            "a\\\\b",
            "profile://not",
            "",
        ] {
            assert!(!leads_away(path), "{path}");
        }
    }

    #[test]
    fn a39_only_windows_refuses_them() {
        let result = local(r"\\host\share\file").map(Path::to_path_buf);
        match result {
            Ok(path) => assert!(cfg!(not(windows)) && path.as_os_str() == r"\\host\share\file"),
            Err(error) => assert!(cfg!(windows) && error.to_string().contains("another machine"), "{error}"),
        }
    }
}
