//! Nothing: a package of benchmarks has to have a library.
