"""Imports the voice activity detector of ONNX's own file, and compares its probabilities and states with golden ones.

usage: silero.py FOLDER SCRATCH
"""

import sys

import numpy as np
from safetensors.numpy import load_file

from imported import compile_model, difference, import_model, run_model


def main(folder, scratch):
    golden = load_file(folder + "/golden.safetensors")
    ports = import_model(folder + "/silero_vad_16k_sequence.onnx", scratch)
    compile_model(scratch)
    frames, states = golden["input"], {"h": golden["h0"], "c": golden["c0"]}
    whole = run_model(scratch, ports, {"input": frames, **states})
    differences = {"sequence": difference(whole["speech_probs"], golden["speech_probs"])}
    for name in ("hn", "cn"):
        differences["sequence, " + name] = difference(whole[name], golden[name])
    probabilities = []
    for frame in frames:
        outputs = run_model(scratch, ports, {"input": frame[None], **states})
        probabilities.append(outputs["speech_probs"].reshape(-1)[0])
        states = {"h": outputs["hn"].reshape(1, 1, -1), "c": outputs["cn"].reshape(1, 1, -1)}
    differences["frame by frame"] = difference(np.array(probabilities), golden["speech_probs"])
    for name in ("h", "c"):
        differences["frame by frame, " + name + "n"] = difference(states[name], golden[name + "n"])
    for name, value in differences.items():
        print(f"{name}: {value:.1e}")
    return 0 if max(differences.values()) <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
