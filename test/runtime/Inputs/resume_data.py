# resume_data.py FOLDER: data of each kind for the models written by hand.
import random
import sys

import fake

folder = sys.argv[1]
source = random.Random(8)
with open(folder + "/bytes", "w") as file:
    file.write(fake.make_text(3, 60))
with open(folder + "/lines", "w") as file:
    file.write("".join("".join(source.choice("abc") for _ in range(1 + i % 4)) + "\n" for i in range(17)))
with open(folder + "/pairs", "w") as file:
    file.write("".join(source.choice("xyz") + "\t" + source.choice("abc") * (1 + i % 4) + "\n" for i in range(17)))


def tokens(count):
    return [source.randrange(fake.VOCAB) for _ in range(count)]


fake.write_tensors(folder + "/arrays", {"text": ("U8", [10, 17], tokens(170))})
lengths = [9, 30, 3, 6, 0, 21, 12, 18]
offsets = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
fake.write_tensors(folder + "/frames", {"text": ("I32", [sum(lengths)], tokens(sum(lengths))),
                                        "offsets": ("I32", [len(offsets)], offsets)})
