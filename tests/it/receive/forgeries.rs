//! Forgeries, made from each row, so that a new row gets its negatives for free.
//!
//! A forgery takes a genuine request and says what becomes of it, or none where the row gives it no
//! room: a row without a timestamp has no stale one.

mod case;
mod table;

use waypost_core::{
    encoding::Encoding,
    rejection::Rejection::MissingEventId,
    scheme::{At, Grammar, Named, Scheme},
};

use self::{case::Case, table::FORGERIES};
use super::support::{NOW, Request, body, rows, secret, source};

#[test]
fn every_forgery_of_every_row_is_refused_with_its_code() {
    for row in rows() {
        let case = Case::new(row);
        let genuine = case.verify();
        assert!(genuine.is_ok(), "{}: {genuine:?}", row.name);
        let mut made = 0;
        for (name, forge) in FORGERIES {
            let mut case = Case::new(row);
            let Some(expected) = forge(&mut case) else {
                continue;
            };
            let request = &case.request;
            let verified = case.verify();
            // Where there are several ways, which of them refuses decides the code.
            let as_expected = match row.or {
                None => verified == Err(expected),
                Some(_) => verified.is_err(),
            };
            assert!(
                as_expected,
                "{}: {name}: {verified:?} for {expected:?}: {request:?}",
                row.name
            );
            made += 1;
        }
        assert!(made >= 9, "{}: only {made} forgeries apply", row.name);
    }
}

#[test]
fn what_is_not_forged_is_accepted() {
    for row in rows() {
        let name = row.name;
        let mut case = Case::new(row);
        case.sign_again(NOW - row.tolerance_seconds * 1000, "evt_1");
        assert!(
            case.verify().is_ok(),
            "{name}: at the old edge of the window"
        );
        case.sign_again(NOW + row.tolerance_seconds * 1000, "evt_1");
        assert!(
            case.verify().is_ok(),
            "{name}: at the far edge of the window"
        );

        let mut case = Case::new(row);
        case.request
            .set("content-length", case.request.body.len().to_string());
        case.request.set("x-unrelated", "0".repeat(20_000));
        assert!(
            case.verify().is_ok(),
            "{name}: with a declared length and a long header of others"
        );

        if let (Grammar::Items { .. }, Some(hash)) = (row.signature.grammar, case.hmac()) {
            case.request.remove("content-length");
            let genuine = case.encode(&case.decoded());
            let mut signatures = vec![case.encode(&vec![0; hash.length()]); 15];
            signatures.push(genuine);
            case.set_signatures(&signatures);
            assert_eq!(
                case.verify().err(),
                None,
                "{name}: the 16th of 16 signatures"
            );
            signatures[0] = "potato".to_owned();
            case.set_signatures(&signatures);
            assert!(
                case.verify().is_ok(),
                "{name}: beside a signature that is none"
            );
        }
    }
}

#[test]
fn any_of_the_secrets_may_have_signed() {
    for row in rows() {
        let secrets: Vec<String> = ["the old one, 24 bytes ok", "the new one, 24 bytes ok"]
            .map(|text| secret(&row, text))
            .into();
        let both = source(&row, &secrets);
        for text in &secrets {
            let one = source(&row, std::slice::from_ref(text));
            let content = body(&row, "evt_1", "thing.done");
            let request = Request::signed(&one, &content, NOW, "evt_1", "thing.done");
            assert!(request.verify(&both, NOW).is_ok(), "{}", row.name);
        }
    }
}

#[test]
fn a_family_of_headers_is_taken_whole() {
    let row = *waypost_core::providers::find("standard-webhooks").expect("a row");
    let mut case = Case::new(row);
    for name in ["id", "timestamp", "signature"] {
        let value = case.request.get(&format!("webhook-{name}")).to_owned();
        case.request.set(&format!("svix-{name}"), value);
    }
    case.request.remove("webhook-id");
    assert_eq!(
        case.verify(),
        Err(MissingEventId),
        "svix-id must not stand in for webhook-id"
    );
    case.request.remove("webhook-signature");
    assert!(case.verify().is_ok(), "svix-* alone");
}

#[test]
fn an_upper_case_hex_signature_is_the_same_one() {
    for row in rows()
        .into_iter()
        .filter(|row| row.encoding == Encoding::Hex)
    {
        let mut case = Case::new(row);
        let upper = case.encode(&case.decoded()).to_uppercase();
        case.set_signatures(&[upper]);
        assert!(case.verify().is_ok(), "{}", row.name);
    }
}

#[test]
fn every_row_of_the_table_is_sound() {
    let mut names = std::collections::BTreeSet::new();
    for row in waypost_core::providers::all() {
        assert!(names.insert(row.name), "{} stands twice", row.name);
        // One that has no header yet gets it from the source.
        let open = row.signature.at == At::Header("");
        assert!(
            Scheme::compile(row).is_ok() != open,
            "{}: {:?}",
            row.name,
            Scheme::compile(row).err()
        );
        assert!(waypost_core::config::is_name(row.name), "{}", row.name);
        assert!(
            row.page.starts_with("https://") || row.name.starts_with("waypost") || open,
            "{}",
            row.name
        );
        if let At::Header(name) = row.signature.at {
            assert_eq!(name, name.to_lowercase());
        }
        assert!(!row.identity.name().is_empty());
    }
}
