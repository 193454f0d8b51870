//! Lists of AV pairs from peers that mean harm, and the MIC that they declare.

use gatepass_wire::{
    Authenticate, AvId, AvPair, AvPairs, DecodeErrorKind, FileTime, NegotiateFlags, NtResponse,
    NtlmV2ClientChallenge, Origin, WireStr, encode_av_pairs,
};

fn list(pairs: &[(u16, &[u8])]) -> Vec<u8> {
    let pairs: Vec<_> = pairs.iter().map(|&(id, value)| AvPair { id: AvId(id), value }).collect();
    encode_av_pairs(&pairs).unwrap()
}

fn nt_response(pairs: &[u8]) -> Vec<u8> {
    let blob = NtlmV2ClientChallenge {
        reserved: [0; 6],
        time: FileTime::UNIX_EPOCH,
        client_challenge: [0xAA; 8],
        reserved3: [0; 4],
        av_pairs: AvPairs::new(pairs),
    };
    [vec![0x11; 16], blob.encode()].concat()
}

fn authenticate(nt_response: &[u8], mic: Option<[u8; 16]>) -> Authenticate<'_> {
    Authenticate {
        lm_response: &[0; 24],
        nt_response,
        domain_name: WireStr::EMPTY,
        user_name: WireStr::Utf16(b"u\0"),
        workstation: WireStr::EMPTY,
        encrypted_random_session_key: b"",
        flags: Some(NegotiateFlags::NEGOTIATE_UNICODE),
        version: None,
        mic,
    }
}

fn flags(bits: u32) -> (u16, [u8; 4]) {
    (6, bits.to_le_bytes())
}

#[test]
fn a03_a_mic_declared_in_any_pair_of_flags_is_declared() {
    for (first, second) in [(0, 2), (2, 0), (2, 2)] {
        let ((id, first), (_, second)) = (flags(first), flags(second));
        let response = nt_response(&list(&[(id, &first), (1, b"S\0"), (id, &second)]));
        let message = authenticate(&response, Some([7; 16]));
        assert_eq!(message.declared_mic(), Ok(Some([7; 16])));
        let error = authenticate(&response, None).check().unwrap_err();
        assert_eq!((error.kind(), error.what(), error.at()), (DecodeErrorKind::Missing, "MIC", 72));
    }
    let (id, zero) = flags(0);
    let response = nt_response(&list(&[(id, &zero), (id, &zero)]));
    assert_eq!(authenticate(&response, Some([7; 16])).declared_mic(), Ok(None));
}

#[test]
fn a04_unknown_bits_do_not_hide_the_mic() {
    for bits in [2, 6, 0x8000_0002, u32::MAX] {
        let (id, value) = flags(bits);
        let response = nt_response(&list(&[(id, &value)]));
        assert_eq!(AvPairs::new(&list(&[(id, &value)])).flags(), Ok(Some(bits)));
        assert_eq!(authenticate(&response, Some([7; 16])).declared_mic(), Ok(Some([7; 16])));
    }
}

#[test]
fn a04_flags_of_another_size_are_an_error_and_never_no_flags() {
    for size in [0, 1, 2, 3, 5, 8] {
        let bytes = list(&[(1, b"S\0"), (6, &[2; 8][..size])]);
        let pairs = AvPairs::new(&bytes);
        for error in [pairs.flags().unwrap_err(), pairs.validate().unwrap_err()] {
            assert_eq!((error.kind(), error.what()), (DecodeErrorKind::Size, "MsvAvFlags"));
            assert_eq!((error.at(), error.origin()), (8, Origin::AvPairs));
        }
        let response = nt_response(&bytes);
        assert!(authenticate(&response, Some([7; 16])).declared_mic().is_err());
        assert!(authenticate(&response, Some([7; 16])).check().is_err());
    }
}

#[test]
fn a57_a_list_without_an_end_is_an_error_at_its_end() {
    let bytes = list(&[(1, b"S\0")]);
    for (length, kind) in
        [(6, DecodeErrorKind::Unterminated), (7, DecodeErrorKind::Truncated), (9, DecodeErrorKind::Truncated)]
    {
        let error = AvPairs::new(&bytes[..length]).validate().unwrap_err();
        assert_eq!((error.kind(), error.at()), (kind, 6));
    }
    assert_eq!(AvPairs::new(&bytes).validate(), Ok(()));
}

#[test]
fn a57_an_end_in_the_middle_ends_the_list_and_the_rest_survives() {
    let bytes = [list(&[(1, b"S\0")]), list(&[(6, &[2, 0, 0, 0])])].concat();
    let pairs = AvPairs::new(&bytes);
    assert_eq!(pairs.iter().count(), 1);
    assert_eq!(pairs.flags(), Ok(None));
    assert_eq!(pairs.as_bytes(), bytes);
    let mut iter = pairs.iter();
    iter.by_ref().for_each(drop);
    assert_eq!(iter.offset(), 10);
}

#[test]
fn a57_an_end_mark_with_a_length_is_an_error() {
    let error = AvPairs::new(&[0, 0, 4, 0, 1, 2, 3, 4]).validate().unwrap_err();
    assert_eq!((error.kind(), error.what(), error.at()), (DecodeErrorKind::Size, "MsvAvEOL", 2));
}

#[test]
fn a57_a_length_past_the_end_is_an_error_and_the_last_item() {
    let bytes = [&list(&[(1, b"S\0")])[..6], &[2, 0, 0xFF, 0xFF, 0, 0]].concat();
    let mut iter = AvPairs::new(&bytes).iter();
    assert!(iter.next().unwrap().is_ok());
    let error = iter.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.at()), (DecodeErrorKind::OutOfBounds, 8));
    assert!(iter.next().is_none());
}

#[test]
fn a57_sixteen_thousand_pairs_take_one_step_each() {
    let bytes = [[0xFF, 0xFF, 0, 0].repeat(16_383), vec![0; 4]].concat();
    let mut iter = AvPairs::new(&bytes).iter();
    for step in 1..=16_383 {
        assert!(iter.next().unwrap().is_ok());
        assert_eq!(iter.offset(), 4 * step);
    }
    assert!(iter.next().is_none());
    assert_eq!(AvPairs::new(&bytes).find(AvId::MSV_AV_FLAGS), Ok(None));
}

#[test]
fn a57_the_first_of_duplicates_counts() {
    let (early, late) = (FileTime::from_ticks(1), FileTime::from_ticks(2));
    let bytes = list(&[
        (7, &early.to_le_bytes()),
        (7, &late.to_le_bytes()),
        (10, &[1; 16]),
        (10, &[2; 16]),
        (9, b"a\0"),
        (9, b"b\0"),
    ]);
    let pairs = AvPairs::new(&bytes);
    assert_eq!(pairs.timestamp(), Ok(Some(early)));
    assert_eq!(pairs.channel_bindings(), Ok(Some(&[1; 16])));
    assert_eq!(pairs.target_name(), Ok(Some(WireStr::Utf16(b"a\0"))));
}

#[test]
fn a57_values_of_a_wrong_size_are_errors_in_their_place_and_the_list_goes_on() {
    for (id, wrong, kind) in [
        (7, 7, DecodeErrorKind::Size),
        (7, 0, DecodeErrorKind::Size),
        (6, 3, DecodeErrorKind::Size),
        (10, 17, DecodeErrorKind::Size),
        (1, 3, DecodeErrorKind::OddLength),
        (5, 1, DecodeErrorKind::OddLength),
        (9, 5, DecodeErrorKind::OddLength),
    ] {
        let bytes = list(&[(id, &[1; 32][..wrong]), (0x1234, b"kept")]);
        let items: Vec<_> = AvPairs::new(&bytes).iter().collect();
        let error = items[0].unwrap_err();
        assert_eq!((error.kind(), error.at(), Some(error.what())), (kind, 2, AvId(id).name()));
        assert_eq!(items[1..], [Ok(AvPair { id: AvId(0x1234), value: b"kept" })]);
    }
}

#[test]
fn a57_unknown_ids_and_bytes_after_the_end_survive_a_round_trip() {
    let pairs = [list(&[(0x1234, b"odd"), (0xFFFF, b"")]), vec![9; 7]].concat();
    let response = nt_response(&pairs);
    let bytes = gatepass_wire::Message::encode(&authenticate(&response, None)).unwrap();
    let message: Authenticate<'_> = gatepass_wire::Message::decode(&bytes).unwrap();
    let Ok(NtResponse::V2 { raw, blob, proof }) = message.response() else { panic!("{message:?}") };
    assert_eq!(blob.av_pairs.as_bytes(), pairs);
    assert_eq!(blob.encode(), raw);
    assert_eq!([proof.as_slice(), raw].concat(), response);
}

#[test]
fn an_end_mark_among_the_pairs_is_written_once_and_last() {
    assert_eq!(list(&[(0, b""), (1, b"S\0"), (0, b"x")]), list(&[(1, b"S\0")]));
}

#[test]
fn the_ids_have_the_numbers_of_the_document() {
    for (number, id, name) in [
        (0, AvId::MSV_AV_EOL, "MsvAvEOL"),
        (1, AvId::MSV_AV_NB_COMPUTER_NAME, "MsvAvNbComputerName"),
        (2, AvId::MSV_AV_NB_DOMAIN_NAME, "MsvAvNbDomainName"),
        (3, AvId::MSV_AV_DNS_COMPUTER_NAME, "MsvAvDnsComputerName"),
        (4, AvId::MSV_AV_DNS_DOMAIN_NAME, "MsvAvDnsDomainName"),
        (5, AvId::MSV_AV_DNS_TREE_NAME, "MsvAvDnsTreeName"),
        (6, AvId::MSV_AV_FLAGS, "MsvAvFlags"),
        (7, AvId::MSV_AV_TIMESTAMP, "MsvAvTimestamp"),
        (8, AvId::MSV_AV_SINGLE_HOST, "MsvAvSingleHost"),
        (9, AvId::MSV_AV_TARGET_NAME, "MsvAvTargetName"),
        (10, AvId::MSV_AV_CHANNEL_BINDINGS, "MsvAvChannelBindings"),
    ] {
        assert_eq!((id, id.name(), id.to_string().as_str()), (AvId(number), Some(name), name));
    }
    assert_eq!((AvId(11).name(), AvId(0x1234).to_string().as_str()), (None, "AvId 0x1234"));
}

#[test]
fn only_names_are_text() {
    let text: Vec<u16> = (0..=u16::MAX).filter(|id| AvId(*id).is_text()).collect();
    assert_eq!(text, [1, 2, 3, 4, 5, 9]);
    let bytes = list(&[(2, b"D\0"), (8, b"SH")]);
    let pairs = AvPairs::new(&bytes);
    assert_eq!(pairs.text(AvId::MSV_AV_NB_DOMAIN_NAME), Ok(Some(WireStr::Utf16(b"D\0"))));
    assert_eq!(pairs.text(AvId::MSV_AV_SINGLE_HOST), Ok(None));
    assert_eq!(format!("{pairs:?}"), "[MsvAvNbDomainName: D, MsvAvSingleHost: [53, 48]]");
}

#[test]
fn a_value_of_a_wrong_size_is_never_no_value() {
    for id in [7, 10, 9] {
        let bytes = list(&[(id, b"odd")]);
        let pairs = AvPairs::new(&bytes);
        let error = pairs.validate().unwrap_err();
        assert_eq!(pairs.find(AvId(id)), Err(error));
        // Also if it stands before what is looked for, or something good follows.
        let bytes = list(&[(id, b"odd"), (7, &[0; 8]), (9, b"S\0"), (10, &[0; 16])]);
        let pairs = AvPairs::new(&bytes);
        assert_eq!(pairs.timestamp(), Err(error));
        assert_eq!(pairs.target_name(), Err(error));
        assert_eq!(pairs.channel_bindings(), Err(error));
    }
}
