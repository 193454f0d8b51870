//! Files that hold secrets: who may read them besides the user, and reading them into memory that is wiped.

use crate::error::reason;
use crate::{Error, local, password};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// A file as it was read.
pub(crate) struct SecretFile {
    text: Zeroizing<String>,
    exposed: Option<Error>,
}

impl SecretFile {
    /// Reads the file at `path`, called `what` in errors; `None` where there is none.
    pub(crate) fn read(path: &Path, what: &str) -> Result<Option<Self>, Error> {
        let file = match local(path).and_then(File::open) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(format!("cannot open {what}: {}", reason(&error)))),
        };
        let metadata = file
            .metadata()
            .map_err(|error| Error::new(format!("cannot look at {what}: {}", reason(&error))))?;
        if metadata.is_dir() {
            return Err(Error::new(format!("{what} is a directory; name a file")));
        }
        // A pipe, as a shell makes of <(command), is nobody else's to read.
        let exposed = if metadata.is_file() { exposure(&metadata, path, what) } else { None };
        Ok(Some(Self { text: read_text(file, what)?, exposed }))
    }

    /// The text, where nobody else could have read or written it.
    pub(crate) fn guarded(self) -> Result<Zeroizing<String>, Error> {
        match self.exposed {
            Some(error) => Err(error),
            None => Ok(self.text),
        }
    }

    /// The text whoever could have read it, and why it should hold no secret if that was anybody.
    pub(crate) fn open(self) -> (Zeroizing<String>, Option<Error>) {
        (self.text, self.exposed)
    }
}

/// All of `source`, as UTF-8 text of at most [`password::MAX_LENGTH`] bytes.
pub(crate) fn read_text(source: impl Read, what: &str) -> Result<Zeroizing<String>, Error> {
    let limit = password::MAX_LENGTH;
    // With room for all of it: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(33)));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    source
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(format!("cannot read {what}: {}", reason(&error))))?;
    if bytes.len() > limit {
        return Err(Error::new(format!("{what} is longer than {limit} bytes")));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new(format!("{what} is not UTF-8; save it as UTF-8")))?;
    if text.starts_with('\u{feff}') {
        return Err(Error::new(format!("{what} begins with a byte order mark; save it without one")));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Why the file should hold no secret: others may read or write it, or it is somebody else's.
#[cfg(unix)]
fn exposure(metadata: &Metadata, path: &Path, what: &str) -> Option<Error> {
    use std::os::unix::fs::MetadataExt as _;

    exposure_to(rustix::process::geteuid().as_raw(), metadata.uid(), metadata.mode(), path, what)
}

/// What the user `me` is told of a file of `owner`'s with the permissions `mode`.
#[cfg(unix)]
fn exposure_to(me: u32, owner: u32, mode: u32, path: &Path, what: &str) -> Option<Error> {
    let shown = quoted(path);
    if owner != me && owner != 0 {
        return Some(Error::new(format!(
            "{what} belongs to another user; make a copy of your own: cp {shown} NEW && chmod 600 NEW"
        )));
    }
    (mode & 0o077 != 0)
        .then(|| Error::new(format!("{what} is open to other users; close it with: chmod 600 {shown}")))
}

/// On Windows who may read a file is in its access list, which is not looked at.
#[cfg(not(unix))]
fn exposure(_: &Metadata, _: &Path, _: &str) -> Option<Error> {
    None
}

/// The path as a shell reads it.
#[cfg(unix)]
fn quoted(path: &Path) -> String {
    let shown = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if shown.bytes().all(plain) { shown } else { format!("'{}'", shown.replace('\'', r"'\''")) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a85_a_file_that_others_may_read_or_write_is_refused_with_the_line_to_type() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b'c");
        fs::write(&path, "marker-s3cret").unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error =
                SecretFile::read(&path, "the file").unwrap().unwrap().guarded().unwrap_err().to_string();
            let line = format!("chmod 600 '{}/a b'\\''c'", directory.path().display());
            assert!(error.ends_with(&line) && !error.contains("marker"), "{error}");
        }
        for mode in [0o600, 0o400, 0o700] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let text = SecretFile::read(&path, "the file").unwrap().unwrap().guarded().unwrap();
            assert_eq!(text.as_str(), "marker-s3cret", "{mode:o}");
        }
    }

    #[test]
    fn a85_a_file_of_another_user_is_refused() {
        let path = Path::new("/file");
        for (me, owner, refused) in
            [(1000, 1000, false), (1000, 0, false), (1000, 1001, true), (0, 1000, true)]
        {
            let error = exposure_to(me, owner, 0o600, path, "the file").map(|error| error.to_string());
            let said = error.as_deref().is_some_and(|error| error.contains("belongs to another user"));
            assert_eq!((error.is_some(), said), (refused, refused), "{me} {owner}: {error:?}");
        }
        // Only root can give a file away.
        if rustix::process::geteuid().is_root() {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("file");
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            let error = SecretFile::read(&path, "the file").unwrap().unwrap().guarded().unwrap_err();
            assert!(error.to_string().contains("belongs to another user"), "{error}");
        }
    }

    #[test]
    fn what_is_no_file_to_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        assert!(SecretFile::read(&directory.path().join("none"), "x").unwrap().is_none());
        let error = SecretFile::read(directory.path(), "the file").err().unwrap();
        assert_eq!(error.to_string(), "the file is a directory; name a file");
    }
}
