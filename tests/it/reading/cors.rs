//! Whose pages may read.

use waypost_core::config::Config;
use waypost_core::cors::{allowed, varies};

#[test]
fn origins() {
    let some = [
        "https://app.example".to_owned(),
        "http://localhost:3000".to_owned(),
    ];
    let any = ["*".to_owned()];
    let check = |origins: &[String], origin: Option<&str>, expect: Option<&str>| {
        assert_eq!(allowed(origins, origin), expect, "{origins:?} {origin:?}");
    };
    for origin in ["https://app.example", "http://localhost:3000"] {
        check(&some, Some(origin), Some(origin));
        check(&any, Some(origin), Some("*"));
        check(&[], Some(origin), None);
    }
    for other in [
        "https://app.example.evil",
        "http://app.example",
        "https://APP.example",
        "https://app.example:443",
        "null",
        "*",
        "",
    ] {
        check(&some, Some(other), None);
        check(&any, Some(other), Some("*"));
    }
    check(&some, None, None);
    check(&any, None, Some("*"));
    assert_eq!(
        [varies(&some), varies(&any), varies(&[])],
        [true, false, false]
    );
}

#[test]
fn of_the_config() {
    let check = |value: &str, good: bool| {
        let feeds = format!(r#"{{"open":{{"public":true,"cors_origins":{value}}}}}"#);
        let read = Config::parse(&[("FEEDS", &feeds)]);
        assert_eq!(read.is_ok(), good, "{value}: {read:?}");
        if let Err(errors) = read {
            assert_eq!(errors[0].key, "FEEDS.open.cors_origins", "{value}");
        }
    };
    for good in [
        r#""*""#,
        r#""https://app.example""#,
        r#"["https://app.example","http://127.0.0.1:8080","http://[::1]"]"#,
        "[]",
    ] {
        check(good, true);
    }
    for bad in [
        r#""app.example""#,
        r#""https://app.example/""#,
        r#""https://""#,
        r#""https://App.example""#,
        r#""https://*.example""#,
        "1",
        "[1]",
        r#"["*","x"]"#,
        r#""""#,
    ] {
        check(bad, false);
    }
}
