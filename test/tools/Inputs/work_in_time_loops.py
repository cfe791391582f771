# Reads a module on buffers and fails where a loop does work on a whole window: a fill, a copy, a nest, a phase or
# another loop as long as time, which would make the time of a window grow with the square of its length.
#
# work_in_time_loops.py LENGTH < MODULE

import re
import sys

length = int(sys.argv[1])
sizes = f"(?:{length}|{length + 1})"  # a state's sequence has a slot more
whole = re.compile(
    rf"(linalg\.\w+|memref\.copy|rondo\.(phase|pack)) .*memref<([0-9]+x)*{sizes}x|scf\.for .* to %c{sizes}(_\d+)? "
)
blocks = []  # of those that are open: whether it is a loop's
loops, failed = 0, False
for number, line in enumerate(sys.stdin, 1):
    text = line.strip()
    if text.startswith("}") and blocks:
        blocks.pop()
    if any(blocks) and whole.search(text):
        print(f"{number}: {text}")
        failed = True
    if text.endswith("{"):
        blocks.append("scf.for" in text)
        loops += "scf.for" in text
if not loops:
    print("expected a loop")
sys.exit(failed or not loops)
