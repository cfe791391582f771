# runtime/Random.h in Python: numbers that are a function of (seed, stream, index).
M32, M64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def philox(counter, key):
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = p1 >> 32 ^ b ^ k0, p1 & M32, p0 >> 32 ^ d ^ k1, p0 & M32
        k0, k1 = k0 + 0x9E3779B9 & M32, k1 + 0xBB67AE85 & M32
    return a, b, c, d


def hash_name(name):
    value = 0xcbf29ce484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001b3 & M64
    return value


def bits(seed, stream, index):
    """The number `index` of the stream (its name, or a number) of the seed, in 64 bits."""
    stream = hash_name(stream) if isinstance(stream, str) else stream & M64
    low, high, _, _ = philox((index & M32, index >> 32, stream & M32, stream >> 32), (seed & M32, seed >> 32))
    return high << 32 | low


def below(seed, stream, index, count):
    """The same from 0 to count - 1."""
    return bits(seed, stream, index) * count >> 64
