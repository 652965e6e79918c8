//! Counting tests in what test runners print.

use std::ops::AddAssign;

/// How many tests of a suite passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// One test.
    pub(crate) fn one(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
        }
    }

    /// What a run comes to: a runner that ended badly without naming a failed test, or that ran no
    /// test at all, has failed as a whole.
    pub(crate) fn settled(self, succeeded: bool) -> Self {
        let ran = self.passed + self.failed > 0;
        let whole = (!succeeded || !ran) && self.failed == 0;
        Self {
            failed: self.failed + u64::from(whole),
            ..self
        }
    }

    /// `N passed, N failed`: the line that CI reads.
    pub(crate) fn line(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

/// Sums the lines `test result: ok. 3 passed; 1 failed; ...` of libtest and wasm-bindgen-test.
pub(crate) fn libtest(output: &str) -> Counts {
    let mut sum = Counts::default();
    for line in output.lines() {
        let Some((_, counts)) = line.split_once("test result: ") else {
            continue;
        };
        let count = |word| {
            let before = counts
                .split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(word))?;
            before.trim().parse().ok()
        };
        sum += Counts {
            passed: count("passed").unwrap_or(0),
            failed: count("failed").unwrap_or(0),
        };
    }
    sum
}

/// Reads the summary of Node's test runner: `ℹ pass 3`, or `# pass 3` in TAP. A test that was
/// cancelled (its time was up, or a hook failed) has failed.
pub(crate) fn node(output: &str) -> Counts {
    let count = |word: &str| {
        output.lines().rev().find_map(|line| {
            let rest = line
                .strip_prefix("ℹ ")
                .or_else(|| line.strip_prefix("# "))?;
            rest.strip_prefix(word)?.trim().parse::<u64>().ok()
        })
    };
    let failed = count("fail ").unwrap_or(0) + count("cancelled ").unwrap_or(0);
    Counts {
        passed: count("pass ").unwrap_or(0),
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_results_add_up() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            error: test failed\n\
            test result: FAILED. 10 passed; 3 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s\n";
        assert_eq!(
            libtest(output),
            Counts {
                passed: 12,
                failed: 3
            }
        );
    }

    #[test]
    fn node_summaries_are_read_from_the_end() {
        let output = "▶ a test that prints\n# pass 9\nℹ tests 5\nℹ suites 1\nℹ pass 2\nℹ fail 1\nℹ cancelled 2\nℹ skipped 0\n";
        assert_eq!(
            node(output),
            Counts {
                passed: 2,
                failed: 3
            }
        );
        assert_eq!(
            node("TAP version 13\n# tests 4\n# pass 4\n# fail 0\n"),
            Counts {
                passed: 4,
                failed: 0
            }
        );
    }

    #[test]
    fn a_run_without_a_test_has_failed() {
        assert_eq!(
            Counts::default().settled(true),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(
            Counts {
                passed: 3,
                failed: 0
            }
            .settled(true),
            Counts {
                passed: 3,
                failed: 0
            }
        );
    }

    #[test]
    fn a_runner_that_breaks_off_has_failed() {
        assert_eq!(
            Counts {
                passed: 3,
                failed: 0
            }
            .settled(false),
            Counts {
                passed: 3,
                failed: 1
            }
        );
        assert_eq!(
            Counts {
                passed: 3,
                failed: 2
            }
            .settled(false),
            Counts {
                passed: 3,
                failed: 2
            }
        );
    }

    #[test]
    fn the_closing_line() {
        assert_eq!(
            Counts {
                passed: 12,
                failed: 0
            }
            .line(),
            "12 passed, 0 failed"
        );
    }
}
