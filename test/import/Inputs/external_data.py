"""Models with data in other files: what is read, and what is refused in which words.

usage: external_data.py SCRATCH INCLUDE
"""

import os
import shutil
import struct
import subprocess
import sys

from model_text import graph, node, ones, port

SHAPE, VALUES = ones(4, 3)
START = "ir_version: 8 opset_import { version: 17 } graph { " + node("MatMul", "x,w") + port("input", "x", [3, 4])
END = port("output", "y", []) + " }"
HERE = (f'ir_version: 8 opset_import {{ version: 17 }} graph '
        f'{{ {graph([node("MatMul", "x,w")], {"x": [3, 4]}, {"w": (SHAPE, VALUES)})} }}')
BYTES = struct.pack("<12f", *VALUES)


def external(**entries):
    told = " ".join(f'external_data {{ key: "{key}" value: "{value}" }}' for key, value in entries.items())
    return (f'{START} initializer {{ name: "w" dims: [4, 3] data_type: 1 data_location: EXTERNAL {told} }} {END}')


TAKEN = {
    "offset and length": external(location="m.data", offset="16", length="48"),
    "all behind the offset": external(location="behind.data", offset="16"),
    "the whole file": external(location="whole.data"),
    "in a folder": external(location="inner/./whole.data", checksum="0"),
    "by a link": external(location="link.data"),
}
OUT = "expected a file in the model's folder, found '{}', which leads out of it"
REFUSED = {
    "cannot read '@/none.data', where its data lie: No such file or directory": external(location="none.data"),
    "cannot read '@/inner', where its data lie: it is no regular file": external(location="inner"),
    "expected the name of a file beside the model as its 'location', found none": external(offset="0"),
    OUT.format("../outside.data"): external(location="../outside.data"),
    OUT.format("inner/../whole.data"): external(location="inner/../whole.data"),
    OUT.format("/etc/passwd"): external(location="/etc/passwd"),
    OUT.format("far.data"): external(location="far.data"),
    "expected 48 bytes from byte 40 of 'm.data' on, which has 80": external(location="m.data", offset="40",
                                                                           length="48"),
    "expected 0 bytes from byte 99 of 'm.data' on, which has 80": external(location="m.data", offset="99"),
    "expected 18446744073709551615 bytes from byte 16 of 'm.data' on, which has 80":
        external(location="m.data", offset="16", length="18446744073709551615"),
    "expected a number of bytes as 'offset' of its data, found '-1'": external(location="m.data", offset="-1"),
    "expected a number of bytes as 'length' of its data, found '1e3'": external(location="m.data", length="1e3"),
    "expected one 'location' of its data, found a second":
        external(location="m.data").replace("data_location", 'external_data { key: "location" } data_location'),
    "has other data than its shape, of 12 elements, and its type say": external(location="m.data"),
}


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(scratch, include):
    folder = scratch + "/models"
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(folder + "/inner")
    model, program, weights = folder + "/m.onnx", scratch + "/m.rondo", scratch + "/m.safetensors"
    for name in ("../outside.data", "whole.data", "inner/whole.data"):
        write(f"{folder}/{name}", BYTES)
    write(folder + "/behind.data", bytes(16) + BYTES)
    write(folder + "/m.data", bytes(16) + BYTES + bytes(16))
    os.symlink("whole.data", folder + "/link.data")
    os.symlink("../outside.data", folder + "/far.data")

    def run(text, *options):
        made = subprocess.run(["protoc", "--encode=onnx.ModelProto", "-I", include, "onnx.proto"],
                              input=text.encode(), capture_output=True, check=True)
        write(model, made.stdout)
        for old in (program, weights):
            if os.path.exists(old):
                os.remove(old)
        return subprocess.run(["rondo-import", model, *(options or ("-o", program, "--weights", weights))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=scratch)

    def check(holds, *words):
        if not holds:
            print(*words)
            sys.exit(1)

    said = run(HERE)
    check(said.returncode == 0, said.stderr)
    expected = read(program), read(weights)
    for what, text in TAKEN.items():
        said = run(text)
        check(said.returncode == 0 and (read(program), read(weights)) == expected, what, said.stderr)
    for words, text in REFUSED.items():
        said = run(text)
        check(said.returncode == 1 and words.replace("@", folder) in said.stderr and
              said.stderr.startswith(f"rondo-import: error: '{model}': initialiser 'w'"), words, said.stderr)
        check(not os.path.exists(program) and not os.path.exists(weights), words, "a file was written")
    data = folder + "/d.safetensors"
    shutil.copy(folder + "/m.data", data)
    text = external(location="d.safetensors", offset="16", length="48")
    for options in (("-o", program, "--weights", data), ("-o", data, "--weights", weights)):
        said = run(text, *options)
        check(said.returncode == 1 and "expected an output other than the model's data" in said.stderr, said.stderr)
        check(read(data) == bytes(16) + BYTES + bytes(16), "the data are others")
    # A model by its name alone lies in this folder.
    run(text)
    said = subprocess.run(["rondo-import", "m.onnx", "-o", program, "--weights", weights], cwd=folder)
    check(said.returncode == 0 and (read(program), read(weights)) == expected, "in this folder")
    print(f"{len(TAKEN)} taken, {len(REFUSED)} refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
