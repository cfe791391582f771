# check_weights.py FOLDER: the sums in the logs of `weighed` and `late` are those of the losses with their weights, that
# of the best in validation has the weights of the last step; and a gradient has the weight of its step.
import csv
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../runtime/Inputs"))
import fake

folder = sys.argv[1]
for name in ("weighed", "late"):
    with open(f"{folder}/{name}.csv") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 30
    for row in rows:
        total = row["loss.first"] + row["loss.second"] / 2 + 0.01 * min(1, row["step"] / 20) * row["loss.size"]
        assert abs(row["loss"] - total) < 1e-12 * total, (name, row, total)

with open(f"{folder}/weighed.txt") as file:
    text = file.read()
found = {loss: float(value) for loss, value in re.findall(r"validation (\w+) (?:nats|loss) +([0-9.e-]+)", text)}
best = float(re.search(r"weights after 30 steps, the best in validation, loss ([0-9.]+)", text)[1])
assert abs(best - (found["first"] + found["second"] / 2 + 0.01 * found["size"])) < 2e-6, (best, found)

# The means over the positions within lengths are those of ones.
fake.write_tensors(folder + "/ones", {"x": ("F32", [4, 2], [1.0] * 8), "length.T": ("I64", [4], [2, 1, 2, 1])})
for steps, expected in ((1, 0.5), (2, 1.5), (4, 4.5)):
    subprocess.run([folder + "/tilted", "train", "--data", folder + "/ones", "--split", "0", "--steps", str(steps),
                    "--out", folder + "/t"], check=True, stdout=subprocess.DEVNULL)
    assert fake.read_tensors(folder + "/t")["w"][1] == [expected], steps
