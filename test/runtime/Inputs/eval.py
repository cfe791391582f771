# eval.py BINARY FOLDER: compares eval with the model in Python, for texts of all remainders by the window.
import math
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
text = fake.make_text(1, 300)
with open(folder + "/text", "w") as file:
    file.write(text)
subprocess.run([binary, "train", "--data", folder + "/text", "--steps", "50", "--out", folder + "/w"], check=True)
model = fake.Fake(folder + "/w")


def check(text, *options):
    with open(folder + "/part", "w") as file:
        file.write(text)
    output = subprocess.run([binary, "eval", "--data", folder + "/part", "--weights", folder + "/w", *options],
                            check=True, capture_output=True, text=True).stdout
    return {line.split()[0]: float(line.split()[1]) for line in output.splitlines()}


def compare(found, text):
    tokens = model.tokens(text)
    scored, _ = model.losses(tokens, tokens[1:], [0.0] * fake.HIDDEN)
    nats = sum(loss for loss, _ in scored) / len(scored)
    assert found["positions"] == len(tokens) - 1, found
    assert abs(found["nats"] - nats) < 1e-8, (found, nats)
    assert abs(found["bits"] - nats / math.log(2)) < 1e-8
    assert abs(found["perplexity"] - math.exp(nats)) < 1e-5
    assert abs(found["accuracy"] - sum(right for _, right in scored) / len(scored)) < 1e-6


for length in (2, 5, 6, 7, 8, 9, 10, 11, 203):
    compare(check(text[:length]), text[:length])
compare(check(text[:203], "--split", "0.3"), text[:203][int(203 * 0.7):])
