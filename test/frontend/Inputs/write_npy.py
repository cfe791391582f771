"""Writes an array in NumPy's format: write_npy.py FILE TYPE IS_COLUMN_MAJOR SIZES NUMBER..., as
write_npy.py a.npy '<f8' False '2, 3' 1 2 3 4 5 6"""

import struct
import sys

file, kind, order, sizes, *numbers = sys.argv[1:]
code = {"f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B"}[kind[1:]]
header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({sizes},), }}".encode()
header += b" " * (-(len(header) + 11) % 64) + b"\n"
values = [float(number) if code in "fd" else int(number) for number in numbers]
with open(file, "wb") as out:
    out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    out.write(struct.pack(f"<{len(values)}{code}", *values))
