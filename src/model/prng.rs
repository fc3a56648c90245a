//! Keyed randomness: a draw is a function of (seed, what it is for), never the next value of a shared stream. So a fault
//! that is added or removed changes no draw that it has no part in, and a run looks the same but for its consequences.
//!
//! Written by hand, because the numbers must be the same for ever, natively and in the browser (SplitMix64's finaliser).

use super::time::SimDuration;

/// The seed of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

/// What a draw is for. New kinds are added at the end: their numbers are part of every link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Draw {
    /// How long a frame is under way.
    Latency = 1,
    /// Jitter of a producer's retry backoff.
    RetryBackoff = 2,
    /// Jitter of a client's reconnect backoff.
    ReconnectBackoff = 3,
    /// How long a broker takes to start.
    Startup = 4,
    /// Which node a client asks first.
    LeastLoadedNode = 5,
    /// Where records without a key go.
    StickyPartition = 6,
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Seed {
    /// 64 bits that depend on the seed, the kind of draw and its key, and on nothing else.
    #[must_use]
    pub fn bits(self, draw: Draw, key: &[u64]) -> u64 {
        key.iter()
            .fold(mix(self.0 ^ mix(draw as u64)), |state, part| {
                mix(state ^ mix(*part))
            })
    }

    /// What all draws whose keys begin alike have in common.
    #[must_use]
    pub fn stem(self, draw: Draw, key: &[u64]) -> Stem {
        Stem(self.bits(draw, key))
    }

    /// A length between `low` and `high`, both included.
    #[must_use]
    pub fn between(
        self,
        draw: Draw,
        key: &[u64],
        low: SimDuration,
        high: SimDuration,
    ) -> SimDuration {
        scaled(self.bits(draw, key), low, high)
    }
}

/// The beginning of a key, mixed already: frames of one kind differ only in the last part of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stem(u64);

impl Stem {
    /// The draw of the key that ends in `last`, as [`Seed::between`] gives it.
    #[must_use]
    pub fn between(self, last: u64, low: SimDuration, high: SimDuration) -> SimDuration {
        scaled(mix(self.0 ^ mix(last)), low, high)
    }
}

fn scaled(bits: u64, low: SimDuration, high: SimDuration) -> SimDuration {
    let span = high.0.saturating_sub(low.0) + 1;
    let wide = u128::from(bits) * u128::from(span);
    SimDuration(low.0 + u64::try_from(wide >> 64).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_for_ever() {
        let frozen = [
            (0, Draw::Latency, vec![], 0x5e41_ab08_7439_611e),
            (7, Draw::RetryBackoff, vec![1, 2, 3], 0xd7fc_8cdc_0069_03ae),
        ];
        for (seed, draw, key, bits) in frozen {
            assert_eq!(
                Seed(seed).bits(draw, &key),
                bits,
                "{:#018x}",
                Seed(seed).bits(draw, &key)
            );
        }
    }

    #[test]
    fn a_stem_gives_the_draws_of_its_keys() {
        let (low, high) = (SimDuration(0), SimDuration(1 << 40));
        for last in 0..50 {
            let whole = Seed(3).between(Draw::Latency, &[4, 5, last], low, high);
            assert_eq!(
                Seed(3)
                    .stem(Draw::Latency, &[4, 5])
                    .between(last, low, high),
                whole
            );
        }
    }

    #[test]
    fn a_draw_stays_in_its_bounds_and_reaches_them() {
        let (low, high) = (SimDuration(3), SimDuration(6));
        let drawn: Vec<_> = (0..200)
            .map(|i| Seed(1).between(Draw::Latency, &[i], low, high).0)
            .collect();
        assert_eq!(drawn.iter().min(), Some(&3));
        assert_eq!(drawn.iter().max(), Some(&6));
    }
}
