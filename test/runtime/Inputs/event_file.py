# Reads event files with nothing but the standard library: the framing of TFRecord, its checksums, and the fields of
# Event that train writes.
import glob
import struct


def crc32c(data):
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value ^ 0xffffffff


def masked(data):
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xa282ead8) & 0xffffffff


def records(data):
    while data:
        size, = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        assert struct.unpack("<I", data[12 + size:16 + size])[0] == masked(data[12:12 + size])
        yield data[12:12 + size]
        data = data[16 + size:]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if key & 7 == 1 else 4
            value, at = struct.unpack("<d" if size == 8 else "<f", data[at:at + size])[0], at + size
        yield key >> 3, value


def read_events(folder):
    """(number of the file, step, tag, value) of each number, (file, step, "start", None) of each start."""
    result = []
    for number, path in enumerate(sorted(glob.glob(folder + "/*tfevents*"))):
        with open(path, "rb") as file:
            events = [dict(fields(record)) for record in records(file.read())]
        assert events[0][3] == b"brain.Event:2"
        for event in events[1:]:
            if 7 in event:
                assert dict(fields(event[7])) == {1: 1}
                result.append((number, event[2], "start", None))
            for _, value in fields(event.get(5, b"")):
                tag, number_of = (dict(fields(value))[i] for i in (1, 2))
                result.append((number, event[2], tag.decode(), number_of))
    return result
