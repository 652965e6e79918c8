//! Which events go where.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::exit::Failure;

/// Local URLs by source, and one for the rest.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    by_source: BTreeMap<String, Url>,
    rest: Option<Url>,
}

impl Routes {
    /// From `--to`, the settings' routes and `--route`s, which win.
    pub(crate) fn new(
        to: Option<&str>,
        settings: &BTreeMap<String, String>,
        flags: &[String],
    ) -> Result<Self, Failure> {
        let mut by_source = BTreeMap::new();
        for (source, url) in settings {
            by_source.insert(source.clone(), local(url)?);
        }
        for flag in flags {
            let (source, url) = flag
                .split_once('=')
                .ok_or_else(|| Failure::usage(format!("--route {flag}: write it as SOURCE=URL")))?;
            by_source.insert(source.to_owned(), local(url)?);
        }
        let rest = to.map(local).transpose()?;
        Ok(Self { by_source, rest })
    }

    /// Where the events of a source go.
    pub(crate) fn of(&self, source: &str) -> Option<&Url> {
        self.by_source.get(source).or(self.rest.as_ref())
    }

    /// Whether it says where anything goes.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_source.is_empty() && self.rest.is_none()
    }

    /// Without a URL for the rest, only the events of these sources are taken.
    pub(crate) fn only(&self) -> Vec<String> {
        match self.rest {
            Some(_) => Vec::new(),
            None => self.by_source.keys().cloned().collect(),
        }
    }

    /// Every URL, with what goes there.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Url)> {
        let routes = self
            .by_source
            .iter()
            .map(|(source, url)| (source.as_str(), url));
        routes.chain(self.rest.iter().map(|url| ("*", url)))
    }
}

fn local(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    url.ok_or_else(|| {
        Failure::usage(format!(
            "{text} is no URL such as http://localhost:3000/hooks"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_goes_where_its_route_says_and_else_with_the_rest() {
        let settings = BTreeMap::from([
            ("github".to_owned(), "http://a/".to_owned()),
            ("stripe".to_owned(), "http://b/".to_owned()),
        ]);
        let flags = ["github=http://c/?x=1".to_owned()];
        let routes = Routes::new(Some("http://d/"), &settings, &flags).unwrap();
        for (source, url) in [
            ("github", "http://c/?x=1"),
            ("stripe", "http://b/"),
            ("other", "http://d/"),
        ] {
            assert_eq!(routes.of(source).unwrap().as_str(), url);
        }
        assert!(routes.only().is_empty());
        let routes = Routes::new(None, &settings, &[]).unwrap();
        assert_eq!(routes.only(), ["github", "stripe"]);
        assert!(routes.of("other").is_none());
        for flag in ["github", "github=", "github=localhost", "github=ftp://a/"] {
            assert!(
                Routes::new(None, &BTreeMap::new(), &[flag.to_owned()]).is_err(),
                "{flag}"
            );
        }
    }
}
