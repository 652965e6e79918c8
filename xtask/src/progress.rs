//! What is printed: plain lines, and a line that ticks while something takes long.

use std::{
    io::{IsTerminal, Write, stdout},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

/// How often the ticking line is drawn anew on a terminal, and printed anywhere else.
const REDRAW: Duration = Duration::from_millis(500);
const REPRINT: Duration = Duration::from_secs(10);
/// What is done sooner is done without a word.
const WORTH_A_LINE: Duration = Duration::from_secs(2);

/// Prints a line.
pub(crate) fn say(line: impl AsRef<str>) {
    println!("{}", line.as_ref());
}

/// Prints the heading of a step.
pub(crate) fn step(line: impl AsRef<str>) {
    println!("==> {}", line.as_ref());
}

/// Whole seconds, or minutes and seconds.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        short @ 0..10 => format!("{short}.{} s", time.subsec_millis() / 100),
        long @ 10..120 => format!("{long} s"),
        minutes => format!("{} min {} s", minutes / 60, minutes % 60),
    }
}

/// Where a task says what it is doing just now.
#[derive(Clone, Default)]
pub(crate) struct Status(Arc<Mutex<String>>);

impl Status {
    pub(crate) fn set(&self, text: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }

    fn get(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Something that runs beside others and may take long.
pub(crate) struct Task<'a> {
    pub(crate) name: &'static str,
    pub(crate) work: Work<'a>,
}

type Work<'a> = Box<dyn FnOnce(&Status) -> Result<()> + Send + 'a>;

/// Runs tasks beside each other, showing what each is at, and returns the first error.
///
/// All are waited for even when one fails: each leaves something that the next run can use.
pub(crate) fn together(tasks: Vec<Task<'_>>) -> Result<()> {
    let (done, finished) = mpsc::channel();
    let started = Instant::now();
    let mut failure = Ok(());
    thread::scope(|scope| {
        let mut running: Vec<_> = tasks
            .into_iter()
            .map(|task| {
                let (status, done) = (Status::default(), done.clone());
                let seen = status.clone();
                scope.spawn(move || {
                    let result = (task.work)(&status);
                    // The receiver is gone only when this function has panicked.
                    let _ = done.send((task.name, result));
                });
                (task.name, seen)
            })
            .collect();
        let mut line = Ticker::start(started);
        while !running.is_empty() {
            match finished.recv_timeout(REDRAW) {
                Ok((name, result)) => {
                    running.retain(|(other, _)| *other != name);
                    line.clear();
                    if result.is_err() {
                        say(format!(
                            "    {name}: failed after {}",
                            seconds(started.elapsed())
                        ));
                    } else if started.elapsed() > WORTH_A_LINE {
                        say(format!(
                            "    {name}: done after {}",
                            seconds(started.elapsed())
                        ));
                    }
                    if failure.is_ok() {
                        failure = result;
                    }
                }
                Err(_) => line.tick(|| {
                    let each = running
                        .iter()
                        .map(|(name, status)| format!("{name}: {}", status.get()));
                    each.collect::<Vec<_>>().join(" | ")
                }),
            }
        }
        line.clear();
    });
    failure
}

/// A line that says how long something has been going on.
struct Ticker {
    started: Instant,
    printed: Instant,
    terminal: bool,
}

impl Ticker {
    fn start(started: Instant) -> Self {
        Self {
            started,
            printed: started,
            terminal: stdout().is_terminal(),
        }
    }

    fn tick(&mut self, text: impl FnOnce() -> String) {
        if !self.terminal && self.printed.elapsed() < REPRINT {
            return;
        }
        self.printed = Instant::now();
        let line = format!("    {:>3} s  {}", self.started.elapsed().as_secs(), text());
        if self.terminal {
            // Cut to one row, since only one row can be cleared.
            let row: String = line.chars().take(78).collect();
            print!("\r\x1b[K{row}");
            let _ = stdout().flush();
        } else {
            say(line);
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[K");
            let _ = stdout().flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tasks_run_and_the_first_error_is_returned() {
        let ran = Mutex::new(0);
        let ran = &ran;
        let task = |name, fails| {
            let work: Work<'_> = Box::new(move |status| {
                status.set("at it");
                *ran.lock().unwrap() += 1;
                if fails {
                    anyhow::bail!("{name} broke")
                } else {
                    Ok(())
                }
            });
            Task { name, work }
        };
        let error = together(vec![task("a", false), task("b", true), task("c", false)]);
        assert_eq!(error.unwrap_err().to_string(), "b broke");
        assert_eq!(*ran.lock().unwrap(), 3);
    }

    #[test]
    fn times_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_290)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(65)), "65 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
