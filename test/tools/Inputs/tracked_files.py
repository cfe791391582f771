"""Lists the tracked files that are compiled code, or sources over 25 KB. Usage: tracked_files.py ROOT"""

import os
import subprocess
import sys

root = sys.argv[1]
listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
names = listed.split("\0")
wrong = 0
for name in filter(None, names):
    path = os.path.join(root, name)
    if not os.path.isfile(path):
        continue
    with open(path, "rb") as file:
        start = file.read(8)
    if start.startswith((b"\x7fELF", b"!<arch>", b"MZ", b"BC\xc0\xde")):
        print(f"{name} is compiled code")
        wrong += 1
    elif name.endswith((".cpp", ".h", ".td", ".py", ".c", ".rondo")) and os.path.getsize(path) > 25000:
        print(f"{name} has {os.path.getsize(path)} bytes; expected 25000 at most")
        wrong += 1
if not wrong:
    print("all files are sources")
