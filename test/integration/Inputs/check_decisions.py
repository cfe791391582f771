"""Checks the gradients of models, from several seeds, as this machine's code and as that of two others it can run.

Usage: check_decisions.py PROGRAM SCRATCH MODEL ...
"""

import subprocess
import sys

program, scratch, *models = sys.argv[1:]
features = open("/proc/cpuinfo").read()
cpus = ["native", "haswell" if " avx2 " in features and " fma " in features else "native", "x86-64"]
right = 0
for model in models:
    for cpu in cpus:
        binary = f"{scratch}-{model}-{cpu}"
        subprocess.run(["rondoc", program, "--model", model, "--mcpu", cpu, "-O1", "-o", binary], check=True)
        for seed in (1, 2, 3):
            run = subprocess.run([binary, "gradcheck", "--seed", str(seed)], capture_output=True, text=True)
            if run.returncode == 0 and "gradcheck passed" in run.stdout:
                right += 1
            else:
                print(f"{model} for {cpu}, seed {seed}:\n{run.stdout}{run.stderr}")
print(right, "gradients are right")
