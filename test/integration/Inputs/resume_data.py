# resume_data.py FOLDER: data for the models of resume.rondo.
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "runtime", "Inputs"))
import fake

folder = sys.argv[1]
source = random.Random(9)
with open(folder + "/text", "w") as file:
    file.write(fake.make_text(3, 40))
with open(folder + "/lines", "w") as file:
    file.write("".join("".join(source.choice("abc") for _ in range(1 + i % 5)) + "\n" for i in range(20)))


def reals(count):
    return [source.uniform(-1, 1) for _ in range(count)]


fake.write_tensors(folder + "/arrays", {"x": ("F32", [11, 14, 2], reals(11 * 14 * 2))})
lengths = [9, 30, 3, 6, 0, 21, 12, 18]
offsets = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
fake.write_tensors(folder + "/frames", {"x": ("F32", [sum(lengths), 2], reals(2 * sum(lengths))),
                                        "offsets": ("I32", [len(offsets)], offsets)})
