//! What the program ends with: a table, for scripts and for the manual.

use std::{fmt, process::ExitCode};

use waypost_client::Error;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    Unreachable,
    Refused,
    Unverified,
    Undelivered,
    Unhealthy,
}

/// Every code with what it says. clap ends with 2 by itself.
const TABLE: &[(Exit, u8, &str)] = &[
    (Exit::Done, 0, "done; of listen: told to stop, and drained"),
    (Exit::Failed, 1, "something else went wrong, and was said"),
    (
        Exit::Usage,
        2,
        "the arguments or the settings make no sense",
    ),
    (
        Exit::Unreachable,
        3,
        "Waypost or, with --once, the backend does not answer",
    ),
    (
        Exit::Refused,
        4,
        "Waypost refuses: token, name, or what was sent",
    ),
    (Exit::Unverified, 5, "verify: the webhook would be refused"),
    (
        Exit::Undelivered,
        6,
        "listen: not everything in hand was delivered",
    ),
    (
        Exit::Unhealthy,
        7,
        "doctor: something is not as it should be",
    ),
];

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let row = TABLE.iter().find(|(row, ..)| *row == exit);
        Self::from(row.map_or(1, |(_, code, _)| *code))
    }
}

/// The table as text.
pub(crate) fn help() -> String {
    let rows: Vec<String> = TABLE
        .iter()
        .map(|(_, code, text)| format!("  {code}  {text}"))
        .collect();
    format!("Exit codes:\n{}", rows.join("\n"))
}

/// Why it ended otherwise than it should.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
        }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Exit::Failed, format!("{error:#}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Setup(_) => Exit::Usage,
            Error::Unreachable(_) => Exit::Unreachable,
            Error::Refused(answer) if answer.is_passing() => Exit::Unreachable,
            Error::Refused(_) => Exit::Refused,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

/// What a command ends with.
pub(crate) type Outcome = Result<Exit, Failure>;
