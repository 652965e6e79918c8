//! Which URLs may be pushed to.
//!
//! The host has parsed the URL ([WHATWG URL](https://url.spec.whatwg.org)), so an IPv4 address stands here in four
//! decimal parts whatever it was written as, an IPv6 address in its shortest form, and a name in lower case. What is
//! refused is refused of the parts, and again where they do not look as a host writes them.
//!
//! A name may still resolve to an address that is refused here, and a Worker cannot see it: SECURITY.md says so.

use core::net::{Ipv4Addr, Ipv6Addr};

/// A URL as the host took it apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Such as `https:`.
    pub protocol: &'a str,
    /// Before the `@`.
    pub username: &'a str,
    /// Before the `@`, behind a colon.
    pub password: &'a str,
    /// An IPv6 address in brackets.
    pub hostname: &'a str,
    /// Empty where it is the protocol's own.
    pub port: &'a str,
}

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not https.
    Protocol,
    /// It holds a name or a password.
    Credentials,
    /// Its port is not one that https is served on.
    Port,
    /// Its host is not one that everybody can reach.
    Host,
}

impl Refused {
    /// What to do about it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Protocol => "The URL must be an absolute https URL.",
            Self::Credentials => "The URL must hold no user name and no password.",
            Self::Port => "The URL's port must be 443 or 8443, or its host one of ALLOW_TARGETS.",
            Self::Host => {
                "The URL's host must be a public name or address, or one of ALLOW_TARGETS."
            }
        }
    }
}

/// Ports of https that proxies let through.
const PORTS: &[&str] = &["", "443", "8443"];

/// Names that are not resolved in public, or not to the same thing for everybody: RFC 6761 and 6762, RFC 8375, RFC
/// 9476, ICANN's `internal`, and what networks and clouds use in spite of all that.
const CLOSED: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "test",
    "example",
    "invalid",
    "onion",
    "alt",
    "cluster",
    "consul",
    "docker",
];

/// Public suffixes that answer with whatever address stands in the name, or with loopback.
const MIRRORS: &[&str] = &[
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
];

/// IPv4 networks that are not everybody's
/// ([IANA](https://www.iana.org/assignments/iana-ipv4-special-registry)), as address and length of prefix.
const CLOSED_V4: &[(u32, u32)] = &[
    (0x0000_0000, 8),  // this network
    (0x0a00_0000, 8),  // private
    (0x6440_0000, 10), // shared: carrier-grade NAT
    (0x7f00_0000, 8),  // loopback
    (0xa9fe_0000, 16), // link-local, and the metadata of clouds
    (0xac10_0000, 12), // private
    (0xc000_0000, 24), // IETF protocol assignments
    (0xc000_0200, 24), // documentation
    (0xc058_6300, 24), // 6to4 relays
    (0xc0a8_0000, 16), // private
    (0xc612_0000, 15), // benchmarks
    (0xc633_6400, 24), // documentation
    (0xcb00_7100, 24), // documentation
    (0xe000_0000, 3),  // multicast, reserved, broadcast
];

/// IPv6 networks within `2000::/3`, outside of which nothing is global, that are not everybody's
/// ([IANA](https://www.iana.org/assignments/iana-ipv6-special-registry)).
const CLOSED_V6: &[(u128, u32)] = &[
    (0x2001_0000 << 96, 23), // IETF protocol assignments, Teredo among them
    (0x2001_0db8 << 96, 32), // documentation
    (0x2002_0000 << 96, 16), // 6to4: an IPv4 address in disguise
    (0x3fff_0000 << 96, 20), // documentation
];

/// Whether this may be pushed to. `allowed` are hosts of the config that may be reached over http and on any port.
///
/// # Errors
///
/// The reason why not.
pub fn judge(parts: Parts<'_>, allowed: &[String]) -> Result<(), Refused> {
    let Parts {
        protocol, hostname, ..
    } = parts;
    if protocol != "https:" && protocol != "http:" {
        return Err(Refused::Protocol);
    }
    if !parts.username.is_empty() || !parts.password.is_empty() {
        return Err(Refused::Credentials);
    }
    let bare = hostname.trim_start_matches('[').trim_end_matches(']');
    let names =
        |host: &String| host.eq_ignore_ascii_case(hostname) || host.eq_ignore_ascii_case(bare);
    if !bare.is_empty() && allowed.iter().any(names) {
        return Ok(());
    }
    if protocol != "https:" {
        return Err(Refused::Protocol);
    }
    if !is_public(hostname) {
        return Err(Refused::Host);
    }
    match PORTS.contains(&parts.port) {
        true => Ok(()),
        false => Err(Refused::Port),
    }
}

fn is_public(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.parse().ok());
        return address.is_some_and(is_public_v6);
    }
    match host.parse() {
        Ok(address) => is_public_v4(address),
        Err(_) => is_public_name(host),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let within = |&(network, length): &(u32, u32)| (bits ^ network) >> (32 - length) == 0;
    !CLOSED_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let within = |&(network, length): &(u128, u32)| (bits ^ network) >> (128 - length) == 0;
    within(&(0x2000 << 112, 3)) && !CLOSED_V6.iter().any(within)
}

/// A name with at least two labels, in the letters that the host leaves of any name, that is neither closed nor a
/// number: what ends in a number would be read as an address.
fn is_public_name(name: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
    let under = |suffix: &&str| {
        let rest = name.strip_suffix(suffix);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    let number = last.starts_with(|c: char| c.is_ascii_digit());
    name.len() <= 253
        && name.split('.').all(label)
        && !number
        && !CLOSED.iter().chain(MIRRORS).any(under)
}
