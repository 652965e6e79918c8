//! `wrangler dev` as a child: started, waited for, and stopped with everything that it started.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::{
    node::Node,
    progress,
    project::{CONFIG, Project},
};

/// How long wrangler may take to answer. It has only to start: the bundle is built.
const START: Duration = Duration::from_secs(120);
/// How long it may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Server {
    wrangler: Child,
    port: u16,
    /// Set by Ctrl-C, or when the terminal is closed.
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(project: &Project, node: &Node, config: &Path, port: u16) -> Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let mut signals = vec![SIGINT, SIGTERM];
        #[cfg(unix)]
        signals.push(signal_hook::consts::SIGHUP);
        for signal in signals {
            signal_hook::flag::register(signal, Arc::clone(&stopped))?;
        }
        let mut command = Command::new(node.program("node"));
        command
            .arg(project.root.join("node_modules/wrangler/bin/wrangler.js"))
            .args([
                "dev",
                "--local",
                "--ip",
                "127.0.0.1",
                "--inspector-port",
                "0",
            ])
            .args([
                "--show-interactive-dev-session",
                "false",
                "--port",
                &port.to_string(),
                "--config",
            ])
            .arg(config)
            .arg("--persist-to")
            .arg(project.root.join(".wrangler/state"))
            .current_dir(&project.root)
            .stdin(Stdio::null())
            .env("PATH", node.path())
            .env(CONFIG, config)
            // Nothing is sent or fetched: this runs the same without a network.
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_SEND_ERROR_REPORTS", "false")
            .env("WRANGLER_HIDE_BANNER", "true")
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
        // A group of its own: Ctrl-C reaches this program alone, which then stops the group in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let wrangler = command.spawn().context("wrangler does not start")?;
        Ok(Self {
            wrangler,
            port,
            stopped,
        })
    }

    /// False if it was stopped before.
    pub(super) fn wait_until_it_answers(&mut self) -> Result<bool> {
        let started = Instant::now();
        while !answers(self.port) {
            if self.stopped.load(Ordering::Relaxed) {
                self.stop()?;
                return Ok(false);
            }
            if self.wrangler.try_wait()?.is_some() {
                bail!("wrangler has ended: see what it says above");
            }
            if started.elapsed() > START {
                self.stop()?;
                bail!(
                    "wrangler did not answer within {} s: see what it says above",
                    START.as_secs()
                );
            }
            thread::sleep(LOOK);
        }
        Ok(true)
    }

    /// Waits until the user stops it.
    pub(super) fn wait(&mut self) -> Result<()> {
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some(status) = self.wrangler.try_wait()? {
                bail!("wrangler has ended by itself ({status}): see what it says above");
            }
            thread::sleep(LOOK);
        }
        self.stop()
    }

    fn stop(&mut self) -> Result<()> {
        progress::say("\nStopping");
        let id = self.wrangler.id();
        signal("TERM", &id.to_string());
        let started = Instant::now();
        while self.wrangler.try_wait()?.is_none() && started.elapsed() < STOP {
            thread::sleep(LOOK);
        }
        // Whatever is left of what it started.
        signal("KILL", &format!("-{id}"));
        let _ = self.wrangler.kill();
        self.wrangler.wait()?;
        Ok(())
    }
}

/// The shell's own `kill`: std sends no signal but the last, and to no group.
fn signal(name: &str, to: &str) {
    if cfg!(unix) {
        let _ = duct::cmd!("sh", "-c", format!("kill -s {name} -- {to}"))
            .stderr_null()
            .unchecked()
            .run();
    }
}

/// Whether anything answers HTTP on the port.
fn answers(port: u16) -> bool {
    let attempt = || -> std::io::Result<bool> {
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), LOOK)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 5];
        stream.read_exact(&mut start)?;
        Ok(start == *b"HTTP/")
    };
    attempt().unwrap_or(false)
}
