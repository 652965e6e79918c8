//! Numbers that need not be secret, from a seed: the same seed gives the same run.

/// [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From the system's randomness; from a fixed seed where there is none, since jitter is no secret.
    pub fn of_system() -> Self {
        Self(getrandom::u64().unwrap_or(0x5eed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A name that nothing else has, in hex.
    pub fn name(&mut self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        // The upper 53 bits are what a double holds.
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}
