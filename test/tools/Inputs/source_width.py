"""Lists lines of tracked sources that are wider than 120 columns.

usage: source_width.py ROOT

Sources are C++, TableGen, CMake, Python, scripts and the programs of the library and the examples. What tests expect,
tables of documents and data have the width that they need.
"""

import os
import subprocess
import sys

WIDTH = 120


def is_source(root, name):
    if name.endswith((".cpp", ".h", ".td", ".py", ".cmake", "CMakeLists.txt")):
        return True
    if name.endswith(".rondo"):
        return not name.startswith("test/")
    if "." in os.path.basename(name):
        return False
    with open(os.path.join(root, name), "rb") as file:
        return file.read(2) == b"#!"


def main(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
    names = [name for name in listed.split("\0") if os.path.isfile(os.path.join(root, name))]
    wrong = 0
    for name in names:
        if not is_source(root, name):
            continue
        with open(os.path.join(root, name), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if len(line.rstrip("\n")) > WIDTH:
                    print(f"{name}:{number}: {len(line) - 1} columns; expected {WIDTH} at most")
                    wrong += 1
    if not wrong:
        print("no source is wider")


if __name__ == "__main__":
    main(sys.argv[1])
