"""What rondo-import does not cover is said by node and operator, with exit status 1, and no file is written.

usage: refusals.py SCRATCH INCLUDE

Each case is a small model, as protobuf's text, and the words that are expected.
"""

import os
import subprocess
import sys

import attention_refusals  # these add their cases to CASES
import shape_refusals
from refusal_cases import CASES


def main(scratch, include):
    os.makedirs(scratch, exist_ok=True)
    failures = 0
    path, written = scratch + "/model.onnx", [scratch + "/model.rondo", scratch + "/model.safetensors"]
    for words, text in CASES:
        made = subprocess.run(["protoc", "--encode=onnx.ModelProto", "-I", include, "onnx.proto"],
                              input=text.replace('"inf"', "inf").replace('"nan"', "nan").encode(), capture_output=True)
        if made.returncode:
            print(f"{words}: no model: {made.stderr.decode()}")
            failures += 1
            continue
        with open(path, "wb") as file:
            file.write(made.stdout)
        for old in written:
            if os.path.exists(old):
                os.remove(old)
        run = subprocess.run(["rondo-import", path, "-o", written[0], "--weights", written[1]],
            stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        start = f"rondo-import: error: '{path}': "
        if run.returncode != 1 or not run.stderr.startswith(start + words) and words not in run.stderr:
            print(f"expected: {words}\nstatus {run.returncode}: {run.stderr.strip()[:600]}\n")
            failures += 1
        elif any(os.path.exists(one) for one in written):
            print(f"{words}: a file was written")
            failures += 1
    print(f"{len(CASES) - failures} of {len(CASES)} refused as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
