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


def reals(count):
    return [source.uniform(-1, 1) for _ in range(count)]


fake.write_lines(folder + "/lines", source, 20, 5)
fake.write_tensors(folder + "/arrays", {"x": ("F32", [11, 14, 2], reals(11 * 14 * 2))})
fake.write_frames(folder + "/frames", "x", "F32", [2], reals)
