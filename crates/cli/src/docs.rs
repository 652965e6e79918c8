//! Completions and man page, from the definitions of the arguments.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::{
    args::Cli,
    exit::{Exit, Failure, Outcome},
    out::print,
};

/// Prints completions.
pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "waypost", &mut text);
    print(&text)?;
    Ok(Exit::Done)
}

/// Prints one page with every command in it.
pub(crate) fn man() -> Outcome {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    let failed = |error: io::Error| Failure::new(Exit::Failed, error.to_string());
    clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .map_err(failed)?;
    for command in command.get_subcommands() {
        section(command, &mut text).map_err(failed)?;
    }
    print(&text)?;
    Ok(Exit::Done)
}

/// A command's options below the page's own.
fn section(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    if command.get_name() == "help" {
        return Ok(());
    }
    let man = clap_mangen::Man::new(command.clone());
    let title = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    writeln!(text, ".SH {}", title.replace('-', " ").to_uppercase())?;
    man.render_description_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_options_section(text)?;
    for command in command.get_subcommands() {
        section(command, text)?;
    }
    Ok(())
}
