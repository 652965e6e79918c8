//! Every rule that joins two keys of a scheme, but those that hold for all of its ways together.

use super::{
    Algorithm, Encoding, Integrity, KeysFrom, Layout, Part, Place, Scheme, SchemeError, Stamp,
};

/// Refuses what contradicts itself or would not be safe.
pub(super) fn check(scheme: &Scheme) -> Result<(), SchemeError> {
    let token = scheme.algorithm == Algorithm::Token;
    let plain = matches!(scheme.algorithm, Algorithm::Plain(_));
    let empty = scheme.signed.iter().all(Vec::is_empty);
    let has_id = scheme.families.iter().all(|family| !family.id.is_empty());
    let mut ids = scheme.families.iter().flat_map(|family| &family.id);
    let id_in_body = ids.any(|place| !matches!(place, Place::Header(_)));
    let stamped_in_body = scheme.families.iter().any(|family| {
        matches!(
            family.timestamp,
            Some(Stamp::At(Place::Json(_) | Place::Form(_)))
        )
    });
    let bodies = |signed: &Vec<Part>| signed.iter().filter(|part| **part == Part::Body).count();
    let takes = |wanted: fn(&Part) -> bool| scheme.any_part(wanted);
    let signs_listed = takes(|part| matches!(part, Part::Listed(_) | Part::Field(_)));
    let whole = scheme.signs(&Part::Body) || scheme.signs(&Part::Form);
    let secret = scheme.signs(&Part::Secret);
    let text = scheme.encoding == Encoding::Text;
    let fetched = scheme.keys_from.are_fetched();
    let hashes_claim = matches!(scheme.body_hash, Some(Place::Claim(_)));
    let jwt = matches!(scheme.layout, Layout::Jwt(_));
    let by_kid = matches!(scheme.keys_from, KeysFrom::Fetched(..));
    let claims = hashes_claim
        || scheme
            .requires
            .iter()
            .any(|(place, _)| matches!(place, Place::Claim(_)))
        || scheme
            .families
            .iter()
            .any(|family| matches!(family.timestamp, Some(Stamp::At(Place::Claim(_)))));
    let header = scheme
        .families
        .iter()
        .all(|family| matches!(family.signature, Place::Header(_)));
    #[rustfmt::skip]
    let rules: &[(bool, &'static str, &str)] = &[
        (!token && scheme.families.iter().any(|family| matches!(family.signature, Place::Query(_) | Place::Claim(_))), "signature", "can only be in the query where it is a token"),
        (!token && text, "encoding", "is \"text\" for \"token\" and for nothing else"),
        (fetched && !scheme.algorithm.is_public(), "keys", "are fetched, and those are public: the algorithm must be one that has public keys"),
        (jwt && scheme.algorithm.jwt_name().is_none(), "algorithm", "is none that a JWT is taken with"),
        (jwt && scheme.encoding != Encoding::Base64Url, "encoding", "is \"base64url\" in a JWT"),
        (jwt && !header, "signature", "is a JWT, which must be in a header"),
        (jwt != takes(|part| *part == Part::Jwt), "signed", "must hold {jwt} where the signature is a JWT, and nowhere else"),
        ((claims || by_kid) && !jwt, "signature", "is no JWT, and only one has claims and the name of its key"),
        (!jwt && scheme.body_hash.is_some() && !matches!(scheme.body_hash, Some(Place::Query(_))), "body_hash", "must be a parameter of the query or a claim"),
        (token && !empty, "signed", "has no place in a scheme that signs nothing"),
        (!token && (empty || scheme.signed.iter().any(Vec::is_empty)), "signed", "is empty"),
        (scheme.signed.iter().any(|signed| bodies(signed) > 1), "signed", "holds {body} more than once"),
                (plain != secret && !(fetched && secret), "signed", "must hold {secret} where a plain hash is the signature, and else only where the keys are fetched"),
                (signs_listed && !matches!(scheme.layout, Layout::Items(_)), "signed", "names a field, and the signature header has none"),
        (scheme.signs(&Part::Timestamp) && scheme.unit.is_none(), "timestamp", "is missing, and {timestamp} is signed"),
        (scheme.signs(&Part::Timestamp) && stamped_in_body, "timestamp", "is signed by itself, so it must be in a header"),
        (!scheme.signs_time() && scheme.unit.is_some(), "timestamp", "is not signed, so it proves nothing: leave it out or sign {timestamp}"),
        (scheme.signs(&Part::Id) && !has_id, "id", "is missing, and {id} is signed"),
        (scheme.signs(&Part::Id) && id_in_body, "id", "is signed by itself, so it must be in a header"),
        (scheme.signs(&Part::Id) && !scheme.id_required, "id_required", "must be true, since {id} is signed"),
        (scheme.id_required && !has_id, "id", "is missing, and required"),
                (scheme.body_hash.is_some() && !hashes_claim && !takes(|part| matches!(part, Part::Url(_))), "body_hash", "is not signed: the URL is not"),
        (!scheme.covers_body() && scheme.integrity == Integrity::Body, "integrity", "the body is not signed; say \"none\" if that is meant"),
        (whole && scheme.integrity == Integrity::None, "integrity", "is \"none\", but the body is signed"),
    ];
    match rules.iter().find(|(broken, ..)| *broken) {
        Some((_, key, reason)) => Err(SchemeError::new(key, *reason)),
        None => Ok(()),
    }
}
