//! `waypost init`: a commented wrangler.toml for some providers.

use std::{fmt::Write as _, fs, io::Write};

use waypost_core::{
    config::Config,
    providers,
    scheme::{Part, Scheme},
};

use crate::{
    args::Init,
    exit::{Exit, Failure, Outcome},
    send::pairs,
    signing::variables,
};

/// The project's own, whose bindings every deployment has.
const OWN: &str = include_str!("../../../wrangler.toml");

/// Writes it, and says what is left to do.
pub(crate) fn run(args: &Init) -> Outcome {
    let (text, secrets) = text(&args.providers)?;
    if args.file.as_os_str() == "-" {
        print!("{text}");
        return Ok(Exit::Done);
    }
    let shown = args.file.display();
    let mut options = fs::OpenOptions::new();
    options.write(true).truncate(true);
    match args.force {
        true => options.create(true),
        false => options.create_new(true),
    };
    options
        .open(&args.file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::usage(format!("{shown} is there already; --force overwrites it"))
            }
            _ => Failure::new(Exit::Failed, format!("cannot write {shown}: {error}")),
        })?;
    println!("{shown} is written. Set what it names, then deploy:\n");
    for name in secrets {
        println!("  wrangler secret put {name}");
    }
    println!("  wrangler deploy");
    Ok(Exit::Done)
}

/// The text, and the names of the secrets.
fn text(names: &[String]) -> Result<(String, Vec<String>), Failure> {
    // Everything before the first variable is plumbing.
    let plumbing = OWN.split("\n[vars").next().unwrap_or(OWN);
    let mut text = format!("{plumbing}\n");
    let mut secrets = vec!["ADMIN_TOKEN".to_owned(), "POLL_TOKEN".to_owned()];
    for name in names {
        let row = providers::find(name).ok_or_else(|| {
            let known: Vec<&str> = providers::all().map(|row| row.name).collect();
            Failure::usage(format!(
                "{name} is not known; known are {}",
                known.join(", ")
            ))
        })?;
        let scheme = Scheme::compile(row).map_err(|error| Failure::usage(error.to_string()))?;
        let secret = format!(
            "{}_SECRET",
            name.to_ascii_uppercase().replace(['-', '.'], "_")
        );
        let _ = write!(
            text,
            "\n# POST /webhooks/receive/{name}; signed as {} says.\n[vars.SOURCES.{name}]\nprovider = \"{name}\"\n# Any of them may have signed: add the new one before the old one goes.\nsecrets = [\"{secret}\"]\n",
            row.page,
        );
        if scheme.any_part(|part| matches!(part, Part::Url(_))) {
            let url = format!("https://example.com/webhooks/receive/{name}");
            let _ = write!(
                text,
                "# The URL as it is registered with the provider, which signs it.\npublic_url = \"{url}\"\n"
            );
        }
        secrets.push(secret);
    }
    text.push_str(FEED);
    // What the file says is what is checked.
    let by_hand = |why: &str| Failure::usage(format!("this needs to be written by hand: {why}"));
    let written = toml::from_str(&text).map_err(|error| by_hand(error.message()))?;
    Config::parse(&pairs(&variables(&written)?)).map_err(|mistakes| {
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        by_hand(&texts.join("; "))
    })?;
    Ok((text, secrets))
}

const FEED: &str = "
# Where sources write that name no other feed, and what an agent reads.
[vars.FEEDS.default]
tokens = [\"POLL_TOKEN\"]
retention_days = 7
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_makes_a_file_that_passes_the_check() {
        for row in providers::all() {
            let Ok((text, secrets)) = text(&[row.name.to_owned()]) else {
                continue;
            };
            let table: toml::Table = toml::from_str(&text).unwrap();
            assert!(table.contains_key("durable_objects"), "{}", row.name);
            let vars = variables(&table).unwrap();
            let config = Config::parse(&pairs(&vars)).unwrap();
            assert!(config.sources().any(|(name, _)| name == row.name));
            assert_eq!(secrets.len(), 3);
        }
        assert!(text(&["github".to_owned(), "stripe".to_owned()]).is_ok());
        assert!(text(&["nobody".to_owned()]).is_err());
        // A table can be there once.
        assert!(text(&["github".to_owned(), "github".to_owned()]).is_err());
    }
}
