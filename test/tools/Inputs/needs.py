"""Looks at what a compiled program needs of the system: needs.py BINARY"""

import os
import re
import subprocess
import sys

binary = sys.argv[1]


def show(*command):
    return subprocess.run([*command, binary], check=True, capture_output=True, text=True).stdout


needed = set(re.findall(r"NEEDED.*\[(.*)\]", show("llvm-readelf", "-d")))
assert needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0"}, needed
# No symbol of C++'s library, which libc does not have, and none of LLVM or MLIR, in the program or asked for.
symbols = show("llvm-nm") + show("llvm-nm", "-D")
foreign = [line for line in symbols.splitlines() if re.search(r"_ZNK?St|__cxa_(?!finalize)|__gxx|4llvm|4mlir", line)]
assert not foreign, foreign
assert os.path.getsize(binary) < 1000000, os.path.getsize(binary)
