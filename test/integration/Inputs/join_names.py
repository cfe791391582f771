# join_names.py FOLDER FILE: the lines of all texts in the folder, in an order that is always the same.
import glob
import random
import sys

lines = []
for path in sorted(glob.glob(sys.argv[1] + "/*.txt")):
    with open(path, "rb") as file:
        lines += [line for line in file.read().split(b"\n") if line]
random.Random(1).shuffle(lines)
with open(sys.argv[2], "wb") as file:
    file.write(b"\n".join(lines) + b"\n")
