//! Channel bindings against values that OpenSSL computed (`certificates/`).

use gatepass_backend::ChannelBindings;
use std::{collections::BTreeSet, path::Path};

fn certificates() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a16_the_end_point_hash_of_each_signature_algorithm_is_what_openssl_computes() {
    let expected = std::fs::read_to_string(certificates().join("expected.tsv")).unwrap();
    let mut seen = BTreeSet::new();
    for line in expected.lines() {
        let [name, hash, digest] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let certificate = std::fs::read(certificates().join(format!("{name}.der"))).unwrap();
        let bindings = ChannelBindings::tls_server_end_point(&certificate).unwrap();
        let bytes = bindings.application_data().strip_prefix(b"tls-server-end-point:").unwrap();
        assert_eq!(hex(bytes), digest, "{name} with {hash}");
        seen.insert(format!("{name}.der"));
    }
    let stored = std::fs::read_dir(certificates()).unwrap().map(|entry| entry.unwrap().file_name());
    for file in stored.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".der")) {
        assert!(seen.contains(&file), "no expectation for {file}");
    }
}

#[test]
fn no_prefix_and_no_single_changed_byte_of_a_certificate_panics() {
    let certificate = std::fs::read(certificates().join("pss-sha384.der")).unwrap();
    for length in 0..certificate.len() {
        let error = ChannelBindings::tls_server_end_point(&certificate[..length]).unwrap_err();
        assert!(error.to_string().starts_with("not the DER form of an X.509 certificate: "), "{error}");
    }
    for at in 0..certificate.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = certificate.clone();
            changed[at] ^= flip;
            if let Ok(bindings) = ChannelBindings::tls_server_end_point(&changed) {
                assert!(bindings.application_data().starts_with(b"tls-server-end-point:"));
            }
        }
    }
    let mut longer = certificate;
    longer.push(0);
    assert!(ChannelBindings::tls_server_end_point(&longer).is_err(), "a byte after the certificate");
}

#[test]
fn the_structure_has_both_addresses_or_none_and_the_data_with_its_length() {
    let unique = ChannelBindings::tls_unique(&[0xaa, 0xbb]);
    assert_eq!(unique.application_data(), b"tls-unique:\xaa\xbb");
    assert_eq!(unique.to_bytes(), [&[0; 16][..], &[13, 0, 0, 0], b"tls-unique:\xaa\xbb"].concat());
    assert_eq!(ChannelBindings::raw(b"x").to_bytes(), [&[0; 16][..], &[1, 0, 0, 0], b"x"].concat());
    let addressed = ChannelBindings::raw(b"x").with_addresses((2, b"\x7f\0\0\x01"), (3, b"h"));
    let addresses = [&[2, 0, 0, 0, 4, 0, 0, 0, 0x7f, 0, 0, 1][..], &[3, 0, 0, 0, 1, 0, 0, 0], b"h"].concat();
    assert_eq!(addressed.to_bytes(), [&addresses, &[1, 0, 0, 0][..], b"x"].concat());
    assert_eq!(format!("{unique:?}"), "ChannelBindings(tls-unique, 13 bytes)");
    assert_eq!(format!("{:?}", ChannelBindings::raw(b"no colon")), "ChannelBindings(, 8 bytes)");
}
