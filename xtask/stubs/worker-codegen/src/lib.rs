//! Empty: see ../../README.md.
