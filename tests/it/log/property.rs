//! Whatever happens to a log, it is as its model says.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::ops;
use super::run::Run;

proptest! {
    #![proptest_config(Config {
        cases: 96,
        // A failure prints the case that it shrank to.
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn the_log_is_its_model(ops in proptest::collection::vec(ops::op(), 1..60)) {
        let mut run = Run::new();
        for (op, fail) in &ops {
            run.apply(op, *fail);
        }
        run.reopen();
        run.finish();
    }
}
