//! Chance that can be repeated: the seed is printed, and POSTROOM_TESTS_SEED sets it.

use postroom::clock;

/// SplitMix64.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let given = std::env::var("POSTROOM_TESTS_SEED").ok();
        let seed = given.map_or_else(
            || clock::now().as_nanosecond().unsigned_abs() as u64,
            |text| text.parse().unwrap(),
        );
        println!("POSTROOM_TESTS_SEED={seed}");
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}
