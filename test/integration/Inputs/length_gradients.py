# length_gradients.py PROGRAM FOLDER: gradcheck of all models of a program in double, each with several seeds, which
# also draw the lengths.
import os
import re
import subprocess
import sys

program, folder = map(os.path.abspath, sys.argv[1:])
SEEDS = 1, 3, 4
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
with open(program) as file:
    models = re.findall(r"^model (\w+)", file.read(), re.MULTILINE)


def check(model):
    """The entries that were checked, and the largest error, relative to a gradient's largest entry."""
    subprocess.run(["rondoc", program, "--model", model, "-O1", "--element=f64", "-o", "model"], check=True)
    entries, worst = 0, 0.0
    for seed in SEEDS:
        done = subprocess.run(["./model", "gradcheck", "--seed", str(seed)], capture_output=True, text=True)
        assert done.returncode == 0 and "gradcheck passed" in done.stdout, (model, seed, done.stdout, done.stderr)
        rows = re.findall(r"^\S+ +(\d+) +(\d+) +(\S+) +(\S+) +- +ok(.*)$", done.stdout, re.MULTILINE)
        assert rows and not any("undecided" in rest for *_, rest in rows), done.stdout
        entries += sum(int(row[0]) for row in rows)
        worst = max(worst, *(float(row[2]) for row in rows))
    return entries, worst


for model in models:
    entries, worst = check(model)
    print(f"{model:14} {entries:5} entries, largest error {worst:.1e}")
    assert worst < 1e-6, model
print(len(models), "models")
