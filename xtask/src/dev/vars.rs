//! `.dev.vars`: the secrets of a local run.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::{config::Config, hash, progress};

/// The secrets that the local run is started with.
pub(super) struct Secrets {
    pub(super) path: PathBuf,
    values: BTreeMap<String, String>,
}

impl Secrets {
    /// Reads the `.dev.vars` beside a configuration, where wrangler looks for it, and writes one with
    /// random secrets if there is none.
    ///
    /// `forms` is what waypost-core says of the sources' secrets.
    pub(super) fn beside(config_path: &Path, config: &Config, forms: &Value) -> Result<Self> {
        let path = config_path.with_file_name(".dev.vars");
        if !path.exists() {
            write(&path, &generate(config, forms)?)?;
            progress::say(format!(
                "    wrote {} with random secrets",
                super::short(&path)
            ));
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut values = parse(&text);
        for (name, source) in config.secrets() {
            if name != "ADMIN_TOKEN" && !values.contains_key(&name) {
                progress::say(format!(
                    "    {} has no {name}; what needs it will refuse everything. To add one:\n      \
                     echo '{name}=\"{}\"' >> {}",
                    super::short(&path),
                    random(forms, source.as_deref())?,
                    super::short(&path)
                ));
            }
        }
        // A plain variable of the name serves as well.
        for (name, value) in &config.vars {
            if let Some(value) = value.as_str() {
                values
                    .entry(name.clone())
                    .or_insert_with(|| value.to_owned());
            }
        }
        Ok(Self { path, values })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn as_json(&self) -> Value {
        self.values
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

fn generate(config: &Config, forms: &Value) -> Result<String> {
    let mut text =
        "# Secrets of local runs, made up by `cargo xtask dev`. Deployed ones are set with\n\
        # `npx wrangler secret put NAME`.\n"
            .to_owned();
    for (name, source) in config.secrets() {
        text += &format!("{name}=\"{}\"\n", random(forms, source.as_deref())?);
    }
    Ok(text)
}

/// Only the user may read it.
fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// A secret in the form that the source's scheme reads, and the provider's own library with it.
fn random(forms: &Value, source: Option<&str>) -> Result<String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("the system has no randomness: {error}"))?;
    let form = source.and_then(|source| forms.get(source));
    let says = |key| {
        form.and_then(|form| form.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let text = match says("form") {
        "base64" => base64(&bytes),
        "base64url" => base64(&bytes).replace('+', "-").replace('/', "_"),
        _ => hash::hex(&bytes),
    };
    Ok(format!("{}{text}", says("prefix")))
}

/// Base64 of bytes whose number is divisible by three.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks_exact(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for shift in [18, 12, 6, 0] {
            let symbol = ALPHABET
                .get((bits >> shift & 63) as usize)
                .copied()
                .unwrap_or(b'A');
            text.push(char::from(symbol));
        }
    }
    text
}

/// `NAME=VALUE` lines as dotenv has them.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let pairs =
        lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        .collect()
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
        {
            return inner.0;
        }
    }
    value
        .split_once('#')
        .map_or(value, |(value, _)| value.trim_end())
}

#[cfg(test)]
impl Secrets {
    pub(super) fn of<const N: usize>(values: [(&str, &str); N]) -> Self {
        let values = values
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Self {
            path: ".dev.vars".into(),
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dotenv_lines() {
        let values = parse("# note\nA=\"x y\"\nexport B='z#1'\nC=plain # note\n\nnonsense\n");
        let expected = [("A", "x y"), ("B", "z#1"), ("C", "plain")];
        assert_eq!(
            values,
            expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
    }

    #[test]
    fn secrets_have_the_form_of_the_scheme() {
        let forms = json!({ "mail": { "prefix": "whsec_", "form": "base64" }, "code": { "prefix": "", "form": "text" } });
        let mail = random(&forms, Some("mail")).unwrap();
        assert_eq!(
            (mail.len(), mail.starts_with("whsec_")),
            (38, true),
            "{mail}"
        );
        let code = random(&forms, Some("code")).unwrap();
        assert!(
            code.len() == 48 && code.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{code}"
        );
        assert_ne!(code, random(&forms, None).unwrap());
    }

    #[test]
    fn base64_of_whole_groups() {
        assert_eq!(base64(b"Man\xff\xfe\xfd"), "TWFu//79");
    }
}
