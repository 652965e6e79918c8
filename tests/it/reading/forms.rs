//! What a request says of the form of its answer, and of how long it would wait.

use waypost_core::represent::{Format, preferred_wait};

#[test]
fn accepted() {
    let check = |accept: &str, expect: Format| {
        assert_eq!(Format::accepted(Some(accept)), expect, "{accept:?}");
    };
    use Format::{CloudEvents, Json, Lines};
    assert_eq!(Format::accepted(None), Json);
    for json in [
        "",
        "*/*",
        "application/*",
        "application/json",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "text/html",
        "application/json, application/x-ndjson",
        "application/x-ndjson;q=0.5, */*",
        "application/x-ndjson;q=0",
        "application/x-ndjson;q=2",
        "application/x-ndjsons",
        "application/x-ndjson;q=0.1,application/*;q=0.2",
        ",;,",
        "text/event-stream",
    ] {
        check(json, Json);
    }
    for lines in [
        "application/x-ndjson",
        "APPLICATION/X-NDJSON",
        "application/x-ndjson, */*;q=0.1",
        " application/x-ndjson ; q=1.000",
        "application/json;q=0.4,application/x-ndjson;q=0.41",
        "application/*;q=0.5,application/x-ndjson",
        "application/x-ndjson;v=1;q=0.3",
    ] {
        check(lines, Lines);
    }
    for batch in [
        "application/cloudevents-batch+json",
        "application/x-ndjson;q=0.9,application/cloudevents-batch+json;q=0.91",
        "application/json;q=0,application/x-ndjson;q=0,application/cloudevents-batch+json;q=0.001",
    ] {
        check(batch, CloudEvents);
    }
}

#[test]
fn preferred() {
    let check = |prefer: &str, expect: Option<u64>| {
        assert_eq!(preferred_wait(Some(prefer)), expect, "{prefer:?}")
    };
    assert_eq!(preferred_wait(None), None);
    for (prefer, seconds) in [
        ("wait=10", 10),
        ("wait=\"10\"", 10),
        ("WAIT = 10", 10),
        ("respond-async, wait=10", 10),
        ("wait=10;x=y", 10),
        ("wait=1, wait=2", 1),
        ("wait=x, wait=2", 2),
        ("wait=0", 0),
    ] {
        check(prefer, Some(seconds));
    }
    for none in [
        "",
        "wait",
        "wait=",
        "wait=-1",
        "wait=1.5",
        "waits=1",
        "return=minimal",
        "wait=99999999999999999999999",
    ] {
        check(none, None);
    }
}
