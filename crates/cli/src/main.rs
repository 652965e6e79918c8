//! `waypost`: the agent behind the firewall, and the tools beside it.
//!
//! One module a command; [`args`] says what there is, [`settings`] what is set, [`exit`] how it ends.

// The ban is for code that runs on wasm32, where reading a clock panics. This runs natively.
#![allow(clippy::disallowed_methods)]

mod args;
mod docs;
mod doctor;
mod exit;
mod init;
mod list;
mod listen;
mod out;
mod public;
mod send;
mod settings;
mod signing;
mod tail;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Cli, Command},
    exit::{Exit, Failure, Outcome},
    settings::Settings,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))
        .and_then(|runtime| runtime.block_on(command(cli)));
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("waypost: {failure}");
            failure.exit.into()
        }
    }
}

async fn command(cli: Cli) -> Outcome {
    match cli.command {
        Command::Completions { shell } => return docs::completions(shell),
        Command::Man => return docs::man(),
        Command::Init(args) => return init::run(&args),
        _ => {}
    }
    let settings = Settings::read(cli.shared)?;
    match cli.command {
        Command::Listen(args) => listen::run(&settings, args).await,
        Command::Send(args) => send::run(&args).await,
        Command::Verify(args) => verify::run(&args),
        Command::Tail(args) => tail::run(&settings, &args).await,
        Command::Events(events) => list::events(&settings, &events).await,
        Command::Consumers(consumers) => list::consumers(&settings, &consumers).await,
        Command::DeadLetters(letters) => list::dead_letters(&settings, &letters).await,
        Command::Subscriptions(subscriptions) => {
            list::subscriptions(&settings, &subscriptions).await
        }
        Command::Deliveries(deliveries) => list::deliveries(&settings, &deliveries).await,
        Command::Doctor(args) => doctor::run(&settings, &args).await,
        Command::Completions { .. } | Command::Man | Command::Init(_) => Ok(Exit::Done),
    }
}
