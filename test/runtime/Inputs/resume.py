# resume.py BINARY DATA FOLDER STEPS CUT,CUT,.. [OPTION...]: a run that is cut at each of these steps, one after the
# other, and goes on has the weights, the best weights, the checkpoint and the log of one that is not, bit for bit.
# The cuts are multiples of 5, so that the same steps are validated.
import filecmp
import os
import subprocess
import sys

binary, data, folder, steps, cuts = sys.argv[1:6]
options = sys.argv[6:]


def train(name, *more):
    subprocess.run([binary, "train", "--data", data, "--out", f"{folder}/{name}.safetensors", "--log",
                    f"{folder}/{name}.csv", "--checkpoint-every", "5", *more], check=True, stdout=subprocess.DEVNULL)


def read_log(name):
    """The lines without the column of the rate, which is a time."""
    with open(f"{folder}/{name}.csv") as file:
        return [line.rstrip("\n").split(",")[:3] + line.rstrip("\n").split(",")[4:] for line in file]


os.makedirs(folder)
train("whole", "--steps", steps, *options)
assert len(read_log("whole")) == int(steps) + 1
for number, cut in enumerate(cuts.split(",") + [steps]):
    if number == 0:
        train("cut", "--steps", cut, *options)
        continue
    # What a run has logged after its last checkpoint comes again.
    with open(f"{folder}/cut.csv", "a") as file:
        file.write("%d,1,2,3\n%d,1" % (int(cut) - 1, int(cut)))
    # What is not given is taken from the checkpoint.
    valid = [word for i, word in enumerate(options) if "--valid" in options[max(i - 1, 0):i + 1]]
    train("cut", "--resume", f"{folder}/cut.checkpoint.safetensors", "--steps", cut, *valid)
for ending in (".safetensors", ".checkpoint.safetensors", ".best.safetensors"):
    names = [f"{folder}/{name}{ending}" for name in ("whole", "cut")]
    if ending == ".best.safetensors" and not os.path.exists(names[0]):
        assert not os.path.exists(names[1])
        continue
    assert filecmp.cmp(*names, shallow=False), f"{binary} {options}: {names} differ"
assert read_log("whole") == read_log("cut"), f"{binary} {options}: the logs differ"
