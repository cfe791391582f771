#!/usr/bin/env python3
"""Makes the data of numbers.rondo: numbers.py FOLDER [SEED] writes train.txt (20,000 numbers below a million) and
test.txt (1,000 others), each line a number in digits, a tab and the same in English words."""

import pathlib
import random
import sys

SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
         "seventeen eighteen nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def words(n):
    if n < 20:
        return SMALL[n]
    if n < 100:
        return TENS[n // 10] + (f"-{SMALL[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{SMALL[n // 100]} hundred" + (f" and {words(n % 100)}" if n % 100 else "")
    rest = f" {'and ' if n % 1000 < 100 else ''}{words(n % 1000)}" if n % 1000 else ""
    return f"{words(n // 1000)} thousand{rest}"


def main():
    folder = pathlib.Path(sys.argv[1])
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    drawn = set()
    while len(drawn) < 21000:  # as many of each number of digits, as far as there are
        drawn.add(int(draw.random() * 10 ** draw.randint(1, 6)))
    numbers = sorted(drawn)
    draw.shuffle(numbers)
    for name, part in ("test", numbers[:1000]), ("train", numbers[1000:]):
        (folder / f"{name}.txt").write_text("".join(f"{n}\t{words(n)}\n" for n in part))


main()
