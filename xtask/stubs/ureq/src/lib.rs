//! As much of ureq 3 as worker-build names. Every request fails.

use std::{fmt, io};

/// The only answer there is.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this worker-build downloads nothing: start it with `cargo xtask build`")
    }
}

impl std::error::Error for Error {}

pub struct Agent;

impl Agent {
    pub fn config_builder() -> ConfigBuilder {
        ConfigBuilder
    }

    pub fn get(&self, _: impl AsRef<str>) -> Request {
        Request
    }
}

pub struct ConfigBuilder;

impl ConfigBuilder {
    pub fn tls_config(self, _: tls::TlsConfig) -> Self {
        self
    }

    pub fn build(self) -> Config {
        Config
    }
}

pub struct Config;

impl Config {
    pub fn new_agent(&self) -> Agent {
        Agent
    }
}

pub struct Request;

impl Request {
    pub fn call(self) -> Result<Response, Error> {
        Err(Error)
    }
}

pub struct Response(std::convert::Infallible);

impl Response {
    pub fn body_mut(&mut self) -> &mut Body {
        match self.0 {}
    }
}

pub struct Body;

impl Body {
    pub fn as_reader(&mut self) -> io::Empty {
        io::empty()
    }
}

pub mod tls {
    pub enum TlsProvider {
        NativeTls,
    }

    pub enum RootCerts {
        PlatformVerifier,
    }

    pub struct TlsConfig;

    impl TlsConfig {
        pub fn builder() -> TlsConfigBuilder {
            TlsConfigBuilder
        }
    }

    pub struct TlsConfigBuilder;

    impl TlsConfigBuilder {
        pub fn provider(self, _: TlsProvider) -> Self {
            self
        }

        pub fn root_certs(self, _: RootCerts) -> Self {
            self
        }

        pub fn build(self) -> TlsConfig {
            TlsConfig
        }
    }
}
