//! Encodings, keys and headers.

use waypost_core::{
    encoding::Encoding,
    hash::sha256,
    headers::Headers,
    secret::{KeyRule, Secret, SecretError},
};

#[test]
fn encodings_read_what_senders_write() {
    use Encoding::{Base64, Base64Url, Hex, Text};
    for (encoding, text, bytes) in [
        (Hex, "00ff", Some(&[0u8, 255][..])),
        (Hex, "00FF", Some(&[0, 255])),
        (Hex, "00fF", Some(&[0, 255])),
        (Hex, "0", None),
        (Hex, "0g", None),
        (Hex, "00 ff", None),
        (Base64, "+/8=", Some(&[251, 255])),
        (Base64, "+/8", Some(&[251, 255])),
        (Base64, "-_8=", None),
        (Base64, "+/8==", None),
        (Base64, "+/8=\n", None),
        (Base64Url, "-_8=", Some(&[251, 255])),
        (Base64Url, "-_8", Some(&[251, 255])),
        (Base64Url, "+/8", None),
        (Text, "ä", Some(&[195, 164])),
        (Text, "", Some(&[])),
    ] {
        assert_eq!(
            encoding.decode(text).as_deref(),
            bytes,
            "{encoding:?} {text:?}"
        );
    }
}

#[test]
fn encodings_write_what_they_read() {
    use waypost_core::scheme::Named;
    for (_, encoding) in Encoding::NAMES {
        let text = encoding.encode(b"any bytes?");
        assert_eq!(
            encoding.decode(&text).as_deref(),
            Some(&b"any bytes?"[..]),
            "{encoding:?}"
        );
    }
}

#[test]
fn keys_lose_their_prefix_and_nothing_else() {
    let whsec = KeyRule {
        form: Encoding::Base64,
        strip: vec!["v1,whsec_".to_owned(), "whsec_".to_owned()],
        bare: Some(Encoding::Base64),
        hash: None,
    };
    let text = KeyRule {
        form: Encoding::Text,
        strip: vec![],
        bare: Some(Encoding::Text),
        hash: None,
    };
    for (rule, secret, key) in [
        (&whsec, "whsec_AAEC", Ok(&[0u8, 1, 2][..])),
        (&whsec, "v1,whsec_AAEC", Ok(&[0, 1, 2])),
        (&whsec, "AAEC", Ok(&[0, 1, 2])),
        (&whsec, "whsec_whsec_AAEC", Err(SecretError::Undecodable)),
        (&whsec, "whsec_", Err(SecretError::Empty)),
        (&text, "whsec_AAEC", Ok(b"whsec_AAEC")),
        (&text, " a\n", Ok(b" a\n")),
        (&text, "", Err(SecretError::Empty)),
    ] {
        let decoded = Secret::decode(secret, rule);
        assert_eq!(
            decoded.as_ref().map(Secret::expose).map_err(|error| *error),
            key,
            "{secret:?}"
        );
    }
}

#[test]
fn headers_are_read_from_one_string() {
    let headers = Headers::new("content-length\n12\nx-empty\n\nx-name\na: b, c\n");
    assert_eq!(headers.get("x-name"), Some("a: b, c"));
    assert_eq!(headers.get("x-empty"), Some(""));
    assert_eq!(headers.get("a: b, c"), None, "a value is no name");
    assert_eq!(headers.content_length(), Some(12));
    assert_eq!(headers.iter().count(), 3);
    assert_eq!(Headers::new("").iter().count(), 0);
    assert_eq!(Headers::new("content-length\n-1\n").content_length(), None);
}

#[test]
fn a_digest_of_parts_is_that_of_the_whole() {
    let expected = Encoding::Hex
        .decode("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        .expect("hex");
    assert_eq!(
        sha256([b"a".as_slice(), b"", b"bc"]).as_slice(),
        expected,
        "FIPS 180-4, \"abc\""
    );
}

#[test]
fn hashes_have_the_names_of_web_cryptography() {
    use waypost_core::hash::Hash;
    let hashes = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let names = hashes.map(Hash::web_name);
    assert_eq!(names, ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);
}
