# terminal.py BINARY FOLDER: trains once on a pseudo-terminal and once into a pipe.
import os
import pty
import re
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
with open(folder + "/text", "w") as file:
    file.write(fake.make_text(1))
command = [binary, "train", "--data", folder + "/text", "--steps", "4000"]
outside, inside = pty.openpty()
process = subprocess.Popen(command, stdout=inside)
os.close(inside)
shown = b""
while True:
    try:
        part = os.read(outside, 4096)
    except OSError:  # the other side is closed
        break
    if not part:
        break
    shown += part
assert process.wait() == 0
line = r"step \d+/4000  loss \d+\.\d{4}  \d+ tokens/s  \d+m \d\ds left"
progress = [text for text in shown.decode().split("\n") if "step " in text and "left" in text]
assert len(progress) == 1, progress
assert re.fullmatch(r"(\r%s\x1b\[K)+\r?" % line, progress[0]), progress
piped = subprocess.run(command, check=True, capture_output=True, text=True).stdout
plain = [text for text in piped.split("\n") if text.startswith("step ")]
assert "\r" not in piped and 21 <= len(plain) <= 40 and all(re.fullmatch(line, text) for text in plain), plain
