//! Whatever happens to consumers, they are as their model says; and whatever the model says, every
//! event is acknowledged once or given up, in order where order is promised, and never held twice.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::ops;
use super::run::Run;

/// Cases of each run; `WAYPOST_CASES` asks for more.
fn cases() -> u32 {
    let asked = std::env::var("WAYPOST_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(96)
}

proptest! {
    #![proptest_config(Config {
        cases: cases(),
        // A failure prints the case that it shrank to.
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn consumers_are_their_model(ops in proptest::collection::vec(ops::op(), 1..80)) {
        let mut run = Run::new();
        for (consumer, op, fail) in &ops {
            run.apply(*consumer, op, *fail);
        }
        run.finish();
    }
}
