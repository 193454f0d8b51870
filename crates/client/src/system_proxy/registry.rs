//! Where the settings stand.

use super::{Settings, winhttp};
use crate::Error;
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const POLICY: &str = r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";

/// The settings of the user; those of the machine where policy says that all users share them.
pub(crate) fn user() -> Result<Settings, Error> {
    let shared = LOCAL_MACHINE.open(POLICY).and_then(|key| key.get_u32("ProxySettingsPerUser"));
    let root = if matches!(shared, Ok(0)) { LOCAL_MACHINE } else { CURRENT_USER };
    // A key or a value that is not there is a setting that nobody made.
    let Ok(key) = root.open(SETTINGS) else { return Ok(Settings::default()) };
    let enabled = key.get_u32("ProxyEnable").is_ok_and(|enabled| enabled != 0);
    Ok(Settings {
        server: if enabled { text(&key, "ProxyServer")? } else { String::new() },
        except: text(&key, "ProxyOverride")?,
        script: text(&key, "AutoConfigURL")?,
    })
}

/// WinHTTP's default, which is the machine's.
pub(crate) fn machine() -> Result<Settings, Error> {
    let value = LOCAL_MACHINE
        .open(format!(r"{SETTINGS}\Connections"))
        .and_then(|connections| connections.get_value("WinHttpSettings"));
    Ok(value.map(|value| winhttp::read(&value)).unwrap_or_default())
}

fn text(key: &Key, name: &str) -> Result<String, Error> {
    if key.get_type(name).is_err() {
        return Ok(String::new());
    }
    key.get_string(name).map_err(|_| {
        Error::invalid(format!("the registry's {name} is no text: set it anew in Internet Options"))
    })
}
