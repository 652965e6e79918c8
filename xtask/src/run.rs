//! Starting programs: streamed to the user, read by us, or both.

use std::{
    collections::VecDeque,
    env,
    ffi::OsString,
    io::{BufRead, BufReader, IsTerminal, stdout},
    path::{Path, PathBuf},
    process::Output,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use duct::Expression;

use crate::progress::{self, Status};

/// How long output is still read after a program has ended. What it started and left running holds
/// the pipe open, and waiting for that to close could wait for ever.
const DRAIN: Duration = Duration::from_secs(2);

/// `path` with `first` before everything else.
pub(crate) fn path_with(first: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).context("a folder's name cannot stand in PATH")
}

/// A cargo command for the native machine.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Expression {
    // A default target would send native programs to where xtask does not look for them.
    coloured(
        duct::cmd("cargo", args)
            .dir(root)
            .env_remove("CARGO_BUILD_TARGET"),
    )
}

/// A cargo command for wasm. The variables would put the flags of .cargo/config.toml out of force,
/// and what they hold (a linker, the CPU's features) is meant for the native machine.
pub(crate) fn cargo_wasm(root: &Path, args: &[&str]) -> Expression {
    without_rustflags(cargo(root, args))
}

/// See [`cargo_wasm`]. Panics name the file that they come from; where that lies on this machine is nobody's
/// business, and would make another bundle of the same sources.
pub(crate) fn without_rustflags(command: Expression) -> Expression {
    let command = command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.map(|home| home.join("registry").join("src").display().to_string());
    match sources {
        // The variable is split at spaces.
        Some(sources) if !sources.contains(char::is_whitespace) => command.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("--remap-path-prefix={sources}="),
        ),
        _ => command,
    }
}

/// Keeps the colours of a program whose output passes through a pipe of ours.
pub(crate) fn coloured(command: Expression) -> Expression {
    if stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        command
            .env("CARGO_TERM_COLOR", "always")
            .env("FORCE_COLOR", "1")
    } else {
        command
    }
}

/// Runs a command whose output the user sees; `advice` says what to do when it fails.
pub(crate) fn shown(command: &Expression, advice: &str) -> Result<()> {
    let output = command
        .unchecked()
        .run()
        .with_context(|| advice.to_owned())?;
    if output.status.success() {
        Ok(())
    } else {
        bail!("{advice}")
    }
}

/// Runs a command whose output nobody sees unless it fails; its last line is the task's status.
pub(crate) fn quiet(command: &Expression, status: &Status, advice: &str) -> Result<()> {
    let mut last = VecDeque::new();
    let output = lines(command, |line| {
        let plain = without_colours(line).trim().to_owned();
        if !plain.is_empty() {
            status.set(plain);
        }
        last.push_back(line.to_owned());
        if last.len() > 60 {
            last.pop_front();
        }
    })
    .with_context(|| advice.to_owned())?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{}\n{advice}", Vec::from(last).join("\n"))
}

/// Runs a command, shows what it prints, and returns that as well, without colours.
pub(crate) fn read_and_shown(command: &Expression) -> Result<(bool, String)> {
    let mut text = String::new();
    let output = lines(command, |line| {
        progress::say(line);
        text.push_str(&without_colours(line));
        text.push('\n');
    })?;
    Ok((output.status.success(), text))
}

/// Runs a command to its end, line by line.
fn lines(command: &Expression, mut each: impl FnMut(&str)) -> Result<Output> {
    let reader = Arc::new(
        command
            .stderr_to_stdout()
            .stdin_null()
            .unchecked()
            .reader()?,
    );
    let (send, receive) = mpsc::channel();
    let pipe = Arc::clone(&reader);
    // Not joined: see DRAIN.
    thread::spawn(move || {
        let mut pipe = BufReader::new(&*pipe);
        let mut line = Vec::new();
        while pipe
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line);
            if send
                .send(text.trim_end_matches(['\r', '\n']).to_owned())
                .is_err()
            {
                return;
            }
            line.clear();
        }
    });
    let mut ended: Option<(Output, Instant)> = None;
    loop {
        if ended.is_none() {
            ended = reader
                .try_wait()?
                .map(|output| (output.clone(), Instant::now() + DRAIN));
        }
        let patience = match &ended {
            Some((output, until)) if *until <= Instant::now() => return Ok(output.clone()),
            Some((_, until)) => until.saturating_duration_since(Instant::now()),
            None => Duration::from_millis(200),
        };
        match receive.recv_timeout(patience) {
            Ok(line) => each(&line),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => match ended {
                Some((output, _)) => return Ok(output),
                None => thread::sleep(Duration::from_millis(5)),
            },
        }
    }
}

/// Text without the escape sequences of a terminal.
pub(crate) fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\x1b' {
            plain.push(char);
        } else if chars.next() == Some('[') {
            // A sequence ends with its first letter or other byte from `@` on.
            chars.by_ref().find(|char| ('@'..='~').contains(char));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(
            without_colours("test result: \x1b[32mok\x1b[0m. 3 passed"),
            "test result: ok. 3 passed"
        );
        assert_eq!(without_colours("\x1b[1;34mℹ pass 2\x1b[39m"), "ℹ pass 2");
    }

    #[test]
    fn a_failure_shows_the_end_of_what_was_printed() {
        let command = duct::cmd!("sh", "-c", "echo first; echo second >&2; exit 3");
        let error = quiet(&command, &Status::default(), "try again").unwrap_err();
        assert_eq!(error.to_string(), "first\nsecond\ntry again");
    }

    #[test]
    fn a_program_that_leaves_another_running_is_not_waited_for() {
        let command = duct::cmd!("sh", "-c", "sleep 30 & echo here");
        let started = Instant::now();
        assert_eq!(
            read_and_shown(&command).unwrap(),
            (true, "here\n".to_owned())
        );
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
