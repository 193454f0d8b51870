//! The service that a client wants to reach, in the forms in which the library is asked for it.

use crate::name::Name;
use crate::oid::Oid;
use crate::status::Status;
use crate::table::Table;
use std::sync::Arc;

/// The names to try for `target` (`HTTP/proxy.corp.example`), in their order, each as text and type.
///
/// For Kerberos: first the name as it was typed, in no particular realm, so that the user's own realm answers or refers to
/// another; no DNS has a say in it. Then `HTTP@host`, a host-based service, of which the library makes what `krb5.conf` wants:
/// with `dns_canonicalize_hostname` the name to which an alias (CNAME) leads, and the realm that `domain_realm` says. So a proxy
/// that is known by an alias gets the ticket of whichever name has one.
///
/// Other mechanisms get the host-based service alone. A name with a realm (`HTTP/proxy@OTHER.EXAMPLE`) is taken as it is. `None`:
/// it is no name of a service.
pub(crate) fn candidates(mechanism: Oid, target: &str) -> Option<Vec<(String, Oid)>> {
    let (service, host) = target.split_once('/')?;
    if service.is_empty() || host.is_empty() || target.contains(char::is_control) {
        return None;
    }
    if host.contains('@') {
        return Some(vec![(target.to_owned(), Oid::PRINCIPAL_NAME)]);
    }
    let hostbased = (format!("{service}@{host}"), Oid::HOSTBASED_SERVICE);
    Some(if mechanism == Oid::KERBEROS {
        vec![(format!("{target}@"), Oid::PRINCIPAL_NAME), hostbased]
    } else {
        vec![hostbased]
    })
}

/// The candidate as a name of the library's.
pub(crate) fn import(table: &Arc<Table>, (text, kind): &(String, Oid)) -> Result<Name, Status> {
    Name::import(table, text, *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_as_typed_comes_first_and_what_the_dns_makes_of_it_second() {
        let names = candidates(Oid::KERBEROS, "HTTP/proxy.corp.test").unwrap();
        let texts: Vec<_> = names.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["HTTP/proxy.corp.test@", "HTTP@proxy.corp.test"]);
        let names = candidates(Oid::NTLMSSP, "HTTP/proxy").unwrap();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].0, "HTTP@proxy");
        let names = candidates(Oid::KERBEROS, "HTTP/proxy@OTHER.TEST").unwrap();
        assert_eq!(names.len(), 1);
    }

    #[test]
    fn what_names_no_service_is_no_target() {
        for target in ["proxy", "/proxy", "HTTP/", "", "HTTP/a\0b", "HTTP/a\nb"] {
            assert!(candidates(Oid::KERBEROS, target).is_none(), "{target:?}");
        }
    }
}
