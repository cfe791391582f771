# bad_checkpoints.py BINARY DATA CHECKPOINT FOLDER: each part of a checkpoint that is missing or wrong is an error.
import subprocess
import sys

import fake

binary, data, good, folder = sys.argv[1:]


def check(expected, metadata=None, change=None):
    tensors = fake.read_tensors(good)
    texts = tensors.pop("__metadata__")
    for name, value in (metadata or {}).items():
        texts.pop(name)
        if value is not None:
            texts[name] = value
    written = {name: ("F32", shape, values) for name, (shape, values) in tensors.items()}
    if change:
        change(written)
    fake.write_tensors(folder + "/bad", written, texts)
    run = subprocess.run([binary, "train", "--data", data, "--steps", "9999", "--resume", folder + "/bad"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and expected in run.stderr, (expected, run)


def set_tensor(name, value):
    def change(tensors):
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value
    return change


check("expected version 1 of checkpoints, found '2'", {"rondo.checkpoint": "2"})
check("holds weights alone", {"rondo.checkpoint": None}, lambda tensors: [tensors.pop(name) for name in list(tensors)
                                                                         if "/" in name])
for text in ("-1", "x", "", "99999999999999999999", None):
    check("expected rondo.run.step and rondo.run.steps to be integers from 0 to 2^62", {"rondo.run.step": text})
for text in ("nan", "-1", "", "1 2", "inf"):
    check("expected rondo.run.best to be a loss and rondo.run.best_steps an integer", {"rondo.run.best": text})
for text in ("-1", "x", ""):
    check("expected rondo.run.waited to be an integer from 0 to 2^62", {"rondo.run.waited": text})
check("no metadata rondo.run.batch", {"rondo.run.batch": None})
check("another batch: expected '4', found '3'", {"rondo.run.batch": "4"})
check("another bptt: expected '2, 5', found '5, 5'", {"rondo.run.bptt": "2, 5"})
check("another optimizer: expected 'sgd', found none", {"rondo.run.optimizer": "sgd"})
check("another program (the hash of its equations): expected '12', found none", {"rondo.run.equations": "12"})
check("expected no more steps behind the run than behind the weights, found", {"rondo.steps": "3"})
check("no tensor 'checkpoint/moment1/e'", change=set_tensor("checkpoint/moment1/e", None))
check("no tensor 'checkpoint/state/h'", change=set_tensor("checkpoint/state/h", None))
check("'checkpoint/state/h' is F32 [2, 6], expected F32 [3, 6]",
      change=set_tensor("checkpoint/state/h", ("F32", [2, 6], [0.0] * 12)))
check("'checkpoint/moment2/r' holds a value that is not finite (element 2)",
      change=set_tensor("checkpoint/moment2/r", ("F32", [6], [0, 0, float("inf"), 0, 0, 0])))
check("no tensor 'e', which the model 'Fake' needs", change=set_tensor("e", None))
check("'other' is no parameter of the model 'Fake'", change=set_tensor("other", ("F32", [1], [0])))
check("'checkpoint/other' is nothing that the program keeps of a run",
      change=set_tensor("checkpoint/other", ("F32", [1], [0])))
