"""Which shard an aggregate lives in."""

from functools import lru_cache

LOW_32_BITS = 0xFFFFFFFF
MIX_FACTOR = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """MurmurHash2 (Austin Appleby), 32 bits, with the seed of Kafka's Java client."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = (int.from_bytes(data[i : i + 4], "little") * MIX_FACTOR) & LOW_32_BITS
        k = ((k ^ (k >> 24)) * MIX_FACTOR) & LOW_32_BITS
        h = ((h * MIX_FACTOR) & LOW_32_BITS) ^ k
    if tail := data[whole:]:
        h = ((h ^ int.from_bytes(tail, "little")) * MIX_FACTOR) & LOW_32_BITS
    h = ((h ^ (h >> 13)) * MIX_FACTOR) & LOW_32_BITS
    return h ^ (h >> 15)


@lru_cache(maxsize=65_536)
def partition_for(key: str, count: int) -> int:
    """The partition of `key` among `count`, as Kafka's Java client would choose it.

    Any other producer or reader that partitions by key therefore agrees with Gamehall.
    """
    return (murmur2(key.encode()) & 0x7FFFFFFF) % count
