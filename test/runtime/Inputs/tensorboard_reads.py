# tensorboard_reads.py BINARY FOLDER: what TensorBoard shows of a run's event files.
import glob
import json
import os
import shutil
import subprocess
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

binary, folder = sys.argv[1:]
command = [binary, "train", "--data", folder + "/text", "--out", folder + "/w", "--checkpoint-every", "10",
           "--validate-every", "5", "--log", folder + "/log.jsonl", "--tensorboard", folder + "/events"]
# To step 33, of which the checkpoint of step 30 stays; the last record is cut in its middle, as a kill might leave it.
subprocess.run([*command[:6], "--steps", "30"], check=True, stdout=subprocess.DEVNULL)
shutil.copy(folder + "/w.checkpoint", folder + "/checkpoint")
subprocess.run([*command, "--steps", "33"], check=True, stdout=subprocess.DEVNULL)
path, = glob.glob(folder + "/events/*")
os.truncate(path, os.path.getsize(path) - 11)
subprocess.run([*command, "--resume", folder + "/checkpoint", "--steps", "40"], check=True, stdout=subprocess.DEVNULL)
accumulator = EventAccumulator(folder + "/events", size_guidance={"scalars": 0})
accumulator.Reload()
tags = accumulator.Tags()["scalars"]
lines = [json.loads(line) for line in open(folder + "/log.jsonl")]
for tag in tags:
    name = tag.split("/", 1)[1] if tag.startswith("train/") else tag.replace("/", ".", 1)
    shown = [(event.step, event.value) for event in accumulator.Scalars(tag)]
    logged = [(line["step"], line[name]) for line in lines if name in line]
    assert [step for step, _ in shown] == [step for step, _ in logged], (tag, shown)
    assert all(abs(a - b) <= 1e-6 * abs(b) for (_, a), (_, b) in zip(shown, logged)), (tag, shown)
print(f"{len(tags)} tags, {len(accumulator.Scalars('train/loss'))} steps, "
      f"{len(accumulator.Scalars('validation/loss'))} validations")
