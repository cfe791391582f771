"""Imports the voice activity detector of ONNX's own file, and compares its probabilities and states with golden ones.

usage: silero.py FOLDER SCRATCH

The weights are compiled in: the program is one file. The libraries step through the same frames in frames.c.
"""

import os
import sys

import numpy as np
from safetensors.numpy import load_file

from imported import call, compile_model, difference, import_model, run_model


def by_library(scratch, frames, kind):
    """The probabilities of frames, one step each, of a library with the weights."""
    weights, program = f"{scratch}/model.safetensors", f"{scratch}/{kind}-frames"
    library, ending = f"{scratch}/{kind}", {"static": "a", "shared": "so"}[kind]
    call("rondoc", f"{scratch}/model.rondo", "--inference", "--weights", weights, f"--emit=header,{kind}",
         "-o", library)
    root = os.path.join(os.path.dirname(__file__), "..", "..", "..")
    call("clang", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-DHEADER=\"{kind}.h\"", f"-DNAME(f)={kind}_##f",
         f"-I{scratch}", f"-I{root}/runtime/include", os.path.join(os.path.dirname(__file__), "frames.c"),
         f"{scratch}/lib{kind}.{ending}", f"-Wl,-rpath,{os.path.abspath(scratch)}", "-lm", "-o", program)
    frames.tofile(f"{scratch}/frames")
    return np.array([float(line) for line in call(program, f"{scratch}/frames").split()])


def main(folder, scratch):
    golden = load_file(folder + "/golden.safetensors")
    ports = import_model(folder + "/silero_vad_16k_sequence.onnx", scratch)
    compile_model(scratch, "--weights", f"{scratch}/model.safetensors")
    frames, states = golden["input"], {"h": golden["h0"], "c": golden["c0"]}
    whole = run_model(scratch, ports, {"input": frames, **states}, is_embedded=True)
    differences = {"sequence": difference(whole["speech_probs"], golden["speech_probs"])}
    for name in ("hn", "cn"):
        differences["sequence, " + name] = difference(whole[name], golden[name])
    probabilities = []
    for frame in frames:
        outputs = run_model(scratch, ports, {"input": frame[None], **states}, is_embedded=True)
        probabilities.append(outputs["speech_probs"].reshape(-1)[0])
        states = {"h": outputs["hn"].reshape(1, 1, -1), "c": outputs["cn"].reshape(1, 1, -1)}
    differences["frame by frame"] = difference(np.array(probabilities), golden["speech_probs"])
    for name in ("h", "c"):
        differences["frame by frame, " + name + "n"] = difference(states[name], golden[name + "n"])
    for kind in ("static", "shared"):
        differences[kind + " library"] = difference(by_library(scratch, frames, kind), golden["speech_probs"])
    for name, value in differences.items():
        print(f"{name}: {value:.1e}")
    return 0 if max(differences.values()) <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
