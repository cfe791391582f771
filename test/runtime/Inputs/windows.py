# windows.py BINARY FOLDER: follows runtime/Feed.h in Python for `data windows`, then eval. The rate is so small that
# the weights stay what they are.
import csv
import subprocess
import sys

import fake
import philox

binary, folder = sys.argv[1:]
STEPS, SEED, START = 40, 5, [0.0] * fake.HIDDEN
text = fake.make_text(5, 120)
with open(folder + "/text", "w") as file:
    file.write(text)
with open(folder + "/seven", "w") as file:
    file.write(text[:7])
train = [binary, "train", "--data", folder + "/text", "--rate", "1e-300"]
subprocess.run([*train, "--steps", "1", "--out", folder + "/w"], check=True)
logged = []
for run in range(2):
    output = subprocess.run([*train, "--steps", str(STEPS), "--init", folder + "/w", "--seed", str(SEED), "--split",
                             "0.25", "--log", folder + "/log"], check=True, capture_output=True, text=True).stdout
    with open(folder + "/log") as file:
        logged.append([float(row["loss"]) for row in csv.DictReader(file)])
assert logged[0] == logged[1] and len(logged[0]) == STEPS
model = fake.Fake(folder + "/w")
tokens = model.tokens(text)
count = int(len(tokens) * 0.75)
places = count - fake.WINDOW
assert f"windows drawn from {places} places" in output, output


def losses(begin):
    end = begin + fake.WINDOW
    return [loss for loss, _ in model.losses(tokens[begin:end], tokens[begin + 1:end + 1], START)[0]]


for step, found in enumerate(logged[0]):
    rows = [losses(philox.below(SEED, "windows", step * fake.BATCH + b, places)) for b in range(fake.BATCH)]
    expected = sum(map(sum, rows)) / (fake.BATCH * fake.WINDOW)
    assert abs(expected - found) < 1e-12 * expected, (step, expected, found)

# The text has a rest that fills no window.
begins = range(0, len(tokens) - fake.WINDOW, fake.WINDOW)
output = subprocess.run([binary, "eval", "--data", folder + "/text", "--weights", folder + "/w"], check=True,
                        capture_output=True, text=True).stdout
found = {line.split()[0]: float(line.split()[1]) for line in output.splitlines()}
scored = [loss for begin in begins for loss in losses(begin)]
assert found["positions"] == len(scored), (found, len(scored))
assert found.get("skipped", 0) == len(tokens) - 1 - len(scored) > 0, found
assert abs(found["nats"] - sum(scored) / len(scored)) < 1e-8, found
