# plot.py BINARY FOLDER: looks into the pictures that train draws.
import csv
import filecmp
import math
import subprocess
import sys
import xml.etree.ElementTree as tree

import fake

binary, folder = sys.argv[1:]
SVG = "{http://www.w3.org/2000/svg}"


def train(name, *more):
    subprocess.run([binary, "train", "--data", folder + "/text", "--out", f"{folder}/{name}", "--plot",
                    f"{folder}/{name}.svg", "--log", f"{folder}/{name}.csv", "--checkpoint-every", "100", *more],
                   check=True, stdout=subprocess.DEVNULL)


def curves(name):
    """The points of each line of the picture."""
    root = tree.parse(f"{folder}/{name}.svg").getroot()
    return [[tuple(map(float, point.split(","))) for point in line.get("points").split()]
            for line in root.iter(SVG + "polyline")]


def texts(name):
    return [(text.get("text-anchor"), text.text, float(text.get("x") or 0), float(text.get("y") or 0))
            for text in tree.parse(f"{folder}/{name}.svg").getroot().iter(SVG + "text")]


def check(name, steps, isLog):
    """Each step is where the marks of the axes say that its loss is."""
    training = curves(name)[0]
    losses = [float(row["loss"]) for row in csv.DictReader(open(f"{folder}/{name}.csv"))]
    assert len(training) == len(losses) == steps
    marks = [(float(text), y - 4.5) for anchor, text, _, y in texts(name) if anchor == "end"]
    assert len(marks) >= 3 and ("loss (logarithmic)" in [text[1] for text in texts(name)]) == isLog, marks
    scale = math.log if isLog else lambda loss: loss
    (low, bottom), (high, top) = marks[0], marks[-1]
    for number, ((x, y), loss) in enumerate(zip(training, losses)):
        wanted = bottom + (scale(loss) - scale(low)) / (scale(high) - scale(low)) * (top - bottom)
        assert abs(y - wanted) < 0.2 and 0 < y < 460 and 0 < x < 800, (number, y, wanted)
        assert number == 0 or x > training[number - 1][0]


train("short", "--steps", "300", "--validate-every", "50")
check("short", 300, False)
validation = curves("short")[1]
assert len(validation) == 6 and abs(validation[-1][0] - curves("short")[0][-1][0]) < 0.2
# A text of one word is learnt to a small loss.
with open(folder + "/text", "w") as file:
    file.write("abcd" * 200)
train("steep", "--steps", "400", "--split", "0", "--rate", "0.05")
check("steep", 400, True)
assert len(curves("steep")) == 1

# There is no half of a step.
train("few", "--steps", "3")
assert [text for anchor, text, _, y in texts("few") if anchor == "middle" and text != "step" and y] == list("0123")

# Of many steps means; where the run was cut, the same ones, and the same checkpoint.
train("whole", "--steps", "1500")
train("cut", "--steps", "700")
train("cut", "--steps", "1100", "--resume", folder + "/cut.checkpoint")
train("cut", "--steps", "1500", "--resume", folder + "/cut.checkpoint")
assert len(curves("whole")[0]) == 375 and len(curves("whole")[1]) == 15
for ending in (".svg", ".checkpoint"):
    assert filecmp.cmp(folder + "/whole" + ending, folder + "/cut" + ending, shallow=False), ending

# What is no curve is an error.
good = fake.read_tensors(folder + "/cut.checkpoint")
texts_of = good.pop("__metadata__")
tensors = {name: ("F32", shape, values) for name, (shape, values) in good.items()}
for name, text in (("curve", ""), ("curve", "0 1 0"), ("curve", "0 0 0 0"), ("curve", "0 1 1 0"), ("curve", "0 1 0 x"),
                   ("curve", "0 1 0 0" + 600 * " 1"), ("validations", "1"), ("validations", "0 0"),
                   ("validations", "1 3"), ("validations", "1 1 5"), ("validations", "1 0 5 5")):
    fake.write_tensors(folder + "/bad", tensors, {**texts_of, "rondo.run." + name: text})
    run = subprocess.run([binary, "train", "--data", folder + "/text", "--steps", "9999", "--resume", folder + "/bad"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.endswith(
        "bad: expected rondo.run.curve and rondo.run.validations to be what train writes\n"), (text, run)
# Without any the picture begins where the run goes on.
for name in ("curve", "validations"):
    del texts_of["rondo.run." + name]
fake.write_tensors(folder + "/older", tensors, texts_of)
train("old", "--steps", "1520", "--resume", folder + "/older")
assert len(curves("old")[0]) == 20
