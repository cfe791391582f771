# resume_data.py FOLDER: data of each kind for the models written by hand.
import random
import sys

import fake

folder = sys.argv[1]
source = random.Random(8)
with open(folder + "/bytes", "w") as file:
    file.write(fake.make_text(3, 60))
fake.write_lines(folder + "/lines", source, 17, 4)
with open(folder + "/pairs", "w") as file:
    file.write("".join(source.choice("xyz") + "\t" + source.choice("abc") * (1 + i % 4) + "\n" for i in range(17)))


def tokens(count):
    return [source.randrange(fake.VOCAB) for _ in range(count)]


fake.write_tensors(folder + "/arrays", {"text": ("U8", [10, 17], tokens(170))})
fake.write_frames(folder + "/frames", "text", "I32", [], tokens)
