"""Runs rondoc with command lines that cannot be carried out: rondoc_invalid.py PROGRAM FOLDER

Each must end with exit status 1 and the words given, and leave the folder as it was.
"""

import os
import shutil
import subprocess
import sys

program, folder = sys.argv[1:]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
os.chdir(folder)
shutil.copy(program, "odd.rondo")
shutil.copy(program, "odd")
os.mkdir("folder")
open("empty.rondo", "w").close()
with open("bytes.rondo", "wb") as file:
    file.write(bytes([8, 8, 18, 7, 255, 0, 10]))
with open("old", "w") as file:
    file.write("as it was")


def state():
    files = {}
    for root, _, names in os.walk("."):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                files[os.path.join(root, name)] = file.read()
    return files


cases = [
    ([], "Not enough positional command line arguments"),
    (["odd.rondo", "odd"], "Too many positional arguments"),
    (["--no-such-option", "odd.rondo"], "Unknown command line argument '--no-such-option'"),
    (["missing.rondo"], "error: cannot read 'missing.rondo': No such file or directory"),
    (["folder"], "error: cannot read 'folder': Is a directory"),
    (["net.onnx"], "error: expected a program, found 'net.onnx', an ONNX model: rondo-import makes a program of it"),
    (["net.npz"], "error: expected a program, found 'net.npz', a file of weights: it is for --weights"),
    (["net.pt"], "error: expected a program, found 'net.pt', a file of PyTorch: its weights"),
    (["net.keras"], "error: expected a program, found 'net.keras', a file of Keras: its weights"),
    (["bytes.rondo"], "error: expected the text of a program, found the byte 0x08"),
    (["empty.rondo"], "empty.rondo:1:1: error: expected a model in the file, found none"),
    (["odd.rondo", "-D"], "requires a value"),
    (["odd.rondo", "-D", "H"], "error: expected -D NAME=VALUE, found '-D H'"),
    (["odd.rondo", "-D", "H="], "error: expected -D NAME=VALUE, found '-D H='"),
    (["odd.rondo", "-D", "=3"], "error: expected -D NAME=VALUE, found '-D =3'"),
    (["odd.rondo", "-D", "H=8", "-D", "H=16"], "error: expected one -D H, found a second, '-D H=16'"),
    (["odd.rondo", "--emit=latex", "-D", "H=8"],
     "error: -D and --model have no effect on --emit=ast and --emit=latex"),
    (["odd.rondo", "--emit=latex", "--model=OddText"],
     "error: -D and --model have no effect on --emit=ast and --emit=latex"),
    (["odd.rondo", "-D", "nothing=3"], "error: -D nothing: expected a parameter or setting of model 'OddText'"),
    (["odd.rondo", "--model=Other"], "error: expected a model of the file (OddText) after --model, found 'Other'"),
    (["odd.rondo", "--mcpu=abacus"], "error: unknown CPU 'abacus' for x86_64"),
    (["odd.rondo", "--mcpu=i386"], "error: unknown CPU 'i386' for x86_64"),
    (["odd.rondo", "-O4"], "error: expected an optimization level of 0 to 3, found 4"),
    (["odd.rondo", "-Ofast"], "'fast' value invalid"),
    (["odd.rondo", "--emit=so"], "--emit option: expected one of ast, latex, rondo, grad, split, linalg, buffer, "
     "vector, llvm-dialect, llvm, asm, obj, exe, header, static, shared, found 'so'"),
    (["odd.rondo", "--element=f16"], "--element option: expected one of f32, f64, found 'f16'"),
    # Outputs.
    (["odd.rondo", "-o", "no/where"], "error: cannot write 'no/where': No such file or directory"),
    (["odd.rondo", "--emit=rondo", "-o", "no/where"], "error: cannot write 'no/where': No such file or directory"),
    (["odd.rondo", "-o", "folder"], "error: cannot write 'folder': it is a directory"),
    (["odd.rondo", "--emit=obj", "-o", "folder"], "error: cannot write 'folder': it is a directory"),
    (["odd.rondo", "-o", "/dev/null"], "error: cannot write '/dev/null': it is not a regular file"),
    (["odd.rondo", "--emit=obj", "-o", "/dev/full"], "error: cannot write '/dev/full': No space left on device"),
    (["odd.rondo", "-o", ""], "error: expected the name of a file after -o, found an empty one"),
    (["odd.rondo", "--emit=shared", "-o", "libodd.so"],
     "error: expected the name of the library after -o, of which the files are NAME.h, libNAME.a and libNAME.so, "
     "found 'libodd.so'"),
    (["odd.rondo", "-o", "-"], "error: expected a file for the executable, found standard output"),
    (["-"], "error: expected -o OUT for a program from standard input"),
    # A program is never taken for its output.
    (["odd"], "error: expected an output other than the program, found 'odd'"),
    (["odd.rondo", "--emit=rondo", "-o", "./odd.rondo"],
     "error: expected an output other than the program, found './odd.rondo'"),
    # What is there stays if the program turns out to be wrong.
    (["odd.rondo", "-D", "H=0", "-o", "old"], "error: "),
]

before = state()
failed = False
for arguments, words in cases:
    run = subprocess.run(["rondoc", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    problems = []
    if run.returncode != 1:
        problems.append(f"exit status {run.returncode}")
    if words not in run.stderr:
        problems.append(f"expected the words {words!r}")
    if run.stdout:
        problems.append("it wrote to standard output")
    if state() != before:
        problems.append(f"the files changed: {sorted(state())}")
    if problems:
        failed = True
        print("rondoc", *arguments, ":", "; ".join(problems), "\n", run.stderr)
sys.exit(failed)
