# self_contained.py BINARY: looks at what the program needs.
import os
import re
import shutil
import subprocess
import sys

binary = shutil.which(sys.argv[1])
tool = shutil.which("readelf") or shutil.which("llvm-readelf") or shutil.which("llvm-readelf-22")
if not tool:
    sys.exit("neither readelf nor llvm-readelf found")
dynamic = subprocess.run([tool, "-d", binary], check=True, capture_output=True, text=True).stdout
needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
assert needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0"}, needed
symbols = subprocess.run([tool, "-W", "--dyn-syms", binary], check=True, capture_output=True, text=True).stdout
foreign = [line for line in symbols.splitlines() if "UND" in line and re.search(r"\b_Z|__cxa_(?!finalize)|__gxx", line)]
assert not foreign, foreign
assert os.path.getsize(binary) < 1000000, os.path.getsize(binary)
