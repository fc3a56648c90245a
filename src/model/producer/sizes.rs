//! How many bytes records and batches take on the wire, in Kafka's message format 2 (`DefaultRecord`, `DefaultRecordBatch`).

/// Bytes of a batch without records (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
pub(super) const BATCH_OVERHEAD: u32 = 61;
/// Most bytes of a record beside its key, value and headers (`DefaultRecord.MAX_RECORD_OVERHEAD`).
const MAX_RECORD_OVERHEAD: u32 = 21;

/// What of a record decides its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    /// Bytes of the key; none if there is no key, which is not the same as an empty one.
    pub(super) key: Option<u32>,
    /// Bytes of the value.
    pub(super) value: u32,
    /// In ms since 1970.
    pub(super) timestamp: i64,
}

/// Bytes of a signed number in zigzag encoding, seven bits a byte (`ByteUtils.sizeOfVarlong`).
fn varint(number: i64) -> u32 {
    let zigzag = ((number << 1) ^ (number >> 63)).cast_unsigned();
    (u64::BITS - (zigzag | 1).leading_zeros()).div_ceil(7)
}

impl Content {
    /// Key, value and no headers, each with its length (`DefaultRecord.sizeOf`).
    fn bare(self) -> u32 {
        let key = self.key.map_or(1, |bytes| varint(i64::from(bytes)) + bytes);
        key + varint(i64::from(self.value)) + self.value + 1
    }

    /// Bytes of this record as the n-th of a batch that began with a record of that time (`DefaultRecord.sizeInBytes`).
    pub(super) fn size(self, nth: usize, base_timestamp: i64) -> u32 {
        let nth = i64::try_from(nth).unwrap_or(i64::MAX);
        let body = 1 + varint(self.timestamp - base_timestamp) + varint(nth) + self.bare();
        varint(i64::from(body)) + body
    }

    /// At most so large is a batch with this record alone (`AbstractRecords.estimateSizeInBytesUpperBound`).
    pub(super) fn upper_bound(self) -> u32 {
        BATCH_OVERHEAD + MAX_RECORD_OVERHEAD + self.bare()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        for (number, bytes) in [
            (0, 1),
            (63, 1),
            (64, 2),
            (-64, 1),
            (-65, 2),
            (8191, 2),
            (8192, 3),
            (i64::MAX, 10),
            (i64::MIN, 10),
        ] {
            assert_eq!(varint(number), bytes, "{number}");
        }
    }

    #[test]
    fn a_record_is_as_large_as_kafka_writes_it() {
        let of = |key, value| Content {
            key,
            value,
            timestamp: 1000,
        };
        // A record `m1` without a key: attributes, time, place, no key, value with its length, no headers; and its length.
        assert_eq!(of(None, 2).size(0, 1000), 9);
        assert_eq!(of(None, 2).upper_bound(), 61 + 21 + 1 + 3 + 1);
        assert_eq!(of(Some(0), 2).size(0, 1000), 9);
        assert_eq!(of(Some(5), 2).size(0, 1000), 14);
        assert_eq!(of(None, 250).size(0, 1000), 259);
        // 64 ms after the first one, its time takes another byte; so does its place from the 65th on.
        assert_eq!(of(None, 2).size(0, 936), 10);
        assert_eq!(of(None, 2).size(64, 1000), 10);
    }
}
