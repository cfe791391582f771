# check_losses.py FOLDER: one.csv and several.csv have the same losses, which are the sums of their parts; and `eval` of
# FOLDER/several says of each loss what that of FOLDER/one says of the term.
import csv
import subprocess
import sys

folder = sys.argv[1]


def log(name):
    with open(f"{folder}/{name}.csv") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def near(a, b, tolerance=1e-9):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


one, several = log("one"), log("several")
assert len(one) == len(several) == 30
for a, b in zip(one, several):
    assert near(a["loss"], b["loss"]) and near(a["norm"], b["norm"], 1e-8), (a, b)
    assert near(b["loss"], b["loss.first"] + b["loss.second"] + b["loss.size"], 1e-12), b


def evaluate(binary):
    output = subprocess.run([folder + "/" + binary, "eval", "--data", folder + "/text", "--weights", folder + "/w"],
                            check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in output.splitlines()]
    return {" ".join(words[:-1]): float(words[-1]) for words in lines if "skipped" not in words}


found = evaluate("several")
terms = {"near": "first", "far": "second", "term.3": "size"}
assert found == {f"{terms[key.split()[0]]} {key.split()[1]}": value for key, value in evaluate("one").items()}
