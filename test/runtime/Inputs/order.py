# order.py BINARY FOLDER: follows runtime/Feed.h in Python. The rate is so small that the weights stay what they are.
import csv
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
STEPS = 60
text = fake.make_text(5, 120)
with open(folder + "/text", "w") as file:
    file.write(text)
train = [binary, "train", "--data", folder + "/text", "--steps", "1", "--rate", "1e-300", "--out", folder + "/w"]
subprocess.run(train,
               check=True)
subprocess.run([binary, "train", "--data", folder + "/text", "--steps", str(STEPS), "--rate", "1e-300",
                "--init", folder + "/w", "--log", folder + "/log", "--split", "0.25"], check=True)
model = fake.Fake(folder + "/w")
tokens = model.tokens(text)
count = int(len(tokens) * 0.75)
length = (count - 1) // fake.BATCH
windows = (length - fake.WINDOW) // fake.WINDOW + 1
assert windows < STEPS, "the test should pass the end of the data"
with open(folder + "/log") as file:
    log = [float(row["loss"]) for row in csv.DictReader(file)]
assert len(log) == STEPS
for step, logged in enumerate(log):
    if step % windows == 0:
        states = [[0.0] * fake.HIDDEN for _ in range(fake.BATCH)]
    losses = []
    for stream in range(fake.BATCH):
        begin = stream * length + step % windows * fake.WINDOW
        scored, states[stream] = model.losses(tokens[begin:begin + fake.WINDOW],
                                              tokens[begin + 1:begin + fake.WINDOW + 1], states[stream])
        losses += [loss for loss, _ in scored]
    expected = sum(losses) / len(losses)
    assert abs(expected - logged) < 1e-12 * expected, (step, expected, logged)
