//! Takes the names of functions out of the bundle's wasm.
//!
//! They are a sixth of the compressed bundle and serve only stack traces. wasm-opt could leave them
//! out, but worker-build has it keep them; and this way a copy with names is left, in which the
//! function that a trace gives by its number can be looked up.

/// A module without its section of names; none where it has none, or is no module.
pub(crate) fn without(wasm: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = wasm.split_at_checked(8)?;
    let mut kept = header.to_vec();
    while !rest.is_empty() {
        let (id, after_id) = rest.split_first()?;
        let (length, body) = number(after_id)?;
        let (body, next) = body.split_at_checked(length)?;
        let whole = rest.len() - next.len();
        // A custom section begins with the length of its name, and its name.
        let is_names = *id == 0 && body.starts_with(b"\x04name");
        if !is_names {
            kept.extend_from_slice(rest.get(..whole)?);
        }
        rest = next;
    }
    (kept.len() < wasm.len()).then_some(kept)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";
    const TYPES: &[u8] = b"\x01\x04\x01\x60\0\0";
    /// Its length is written in two bytes, as linkers do.
    const NAMES: &[u8] = b"\0\x89\0\x04name\x01\x02\x03\x04";
    const PRODUCERS: &[u8] = b"\0\x0b\x09producers\0";

    #[test]
    fn only_names_are_taken_out() {
        let wasm = [HEADER, TYPES, NAMES, PRODUCERS].concat();
        assert_eq!(without(&wasm), Some([HEADER, TYPES, PRODUCERS].concat()));
    }

    #[test]
    fn a_module_without_names_and_what_is_no_module_are_left_alone() {
        assert_eq!(without(&[HEADER, TYPES].concat()), None);
        assert_eq!(without(b"\0asm"), None);
        assert_eq!(without(&[HEADER, b"\x01\x7f"].concat()), None);
    }
}
