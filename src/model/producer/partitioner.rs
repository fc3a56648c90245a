//! Which partition a record goes to: hashes of keys, and where records without a key stick.

use super::super::ids::{TopicId, TopicPartition};

/// Kafka's murmur2 of 32 bits (`Utils.murmur2`).
pub(super) fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hash = 0x9747_b28c ^ length;
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (place, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// CRC-32 as in zlib, by which librdkafka's `consistent` partitioners hash (`rd_crc32`).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// FNV-1a of 32 bits as librdkafka and Sarama have it (`rd_fnv1a`): a hash with the sign bit set is negated.
pub(super) fn fnv1a(bytes: &[u8]) -> u32 {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    hash.cast_signed().unsigned_abs()
}

/// `Utils.toPositive`: without the sign bit.
pub(super) fn positive(hash: u32) -> u32 {
    hash & 0x7fff_ffff
}

/// Where records without a key go at present (`BuiltInPartitioner.StickyPartitionInfo`), for one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sticky {
    pub(super) topic: TopicId,
    pub(super) partition: u32,
    /// Bytes that went there since it was chosen.
    pub(super) bytes: u32,
    /// How many were chosen so far, this one included.
    pub(super) choices: u32,
}

/// One partition as a choice: how many batches wait for it, or none if it has no leader.
pub(super) type Choice = (TopicPartition, Option<u32>);

/// The next partition for records without a key (`BuiltInPartitioner.nextPartition`, KIP-794): uniformly among those that
/// have a leader; with `adaptive`, the more often the fewer batches wait for it.
pub(super) fn next_sticky(draw: u64, choices: &[Choice], adaptive: bool) -> u32 {
    let available = || {
        choices
            .iter()
            .filter_map(|(id, queue)| Some((id, (*queue)?)))
    };
    let count = u64::try_from(available().count()).unwrap_or(u64::MAX);
    if count == 0 {
        let all = u64::try_from(choices.len()).unwrap_or(u64::MAX).max(1);
        return u32::try_from(draw % all).unwrap_or(0);
    }
    let longest = available().map(|(_, queue)| queue).max().unwrap_or(0);
    let uniform = !adaptive
        || choices.len() < 2
        || (count == choices.len() as u64 && available().all(|(_, queue)| queue == longest));
    let weight = |queue: u32| u64::from(if uniform { 1 } else { longest + 1 - queue });
    let total: u64 = available().map(|(_, queue)| weight(queue)).sum();
    let mut left = draw % total;
    for (id, queue) in available() {
        if left < weight(queue) {
            return id.partition;
        }
        left -= weight(queue);
    }
    unreachable!("the draw is below the sum of all weights")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_libraries() {
        // `UtilsTest.testMurmur2`
        for (text, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        // `unittest_fnv1a`
        for (text, hash) in [("kafka", 0x0d33_c4e1_u32), ("", 0x7ee3_623b)] {
            assert_eq!(fnv1a(text.as_bytes()), hash, "{text}");
        }
    }

    fn choices(queues: &[Option<u32>]) -> Vec<Choice> {
        let of = |(partition, queue): (u32, &Option<u32>)| {
            let topic = TopicId(0);
            (TopicPartition { topic, partition }, *queue)
        };
        (0..).zip(queues).map(of).collect()
    }

    /// How often each of the partitions is chosen by the draws from 0 on.
    fn shares(queues: &[Option<u32>], adaptive: bool, draws: u64) -> Vec<u32> {
        let mut shares = vec![0; queues.len()];
        for draw in 0..draws {
            shares[next_sticky(draw, &choices(queues), adaptive) as usize] += 1;
        }
        shares
    }

    #[test]
    fn records_without_a_key_stick_where_there_is_a_leader_and_little_waits() {
        for (queues, adaptive, draws, wanted) in [
            (&[Some(0), Some(0), Some(0)][..], true, 3, &[1, 1, 1][..]),
            (&[Some(4), Some(0)], false, 10, &[5, 5]),
            // Weights are the longest queue and one, less the own queue.
            (&[Some(4), Some(0)], true, 6, &[1, 5]),
            (&[Some(0), None, Some(0)], true, 4, &[2, 0, 2]),
            (&[None, None], true, 4, &[2, 2]),
            (&[Some(7)], true, 3, &[3]),
        ] {
            assert_eq!(shares(queues, adaptive, draws), wanted, "{queues:?}");
        }
    }
}
