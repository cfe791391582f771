"""What rondo.compile refuses, and what it compiles anew."""
import os
import shutil
import tempfile

import numpy
import rondo
from models import PROGRAM
from rondo.compiler import cache_folder
from wrong import check

folder = tempfile.mkdtemp()
program = os.path.join(folder, "a.rondo")
shutil.copy(PROGRAM, program)


def without(**environment):
    """Compiles with other variables of the environment."""
    kept = dict(os.environ)
    os.environ.update(environment)
    try:
        rondo.compile(program, model="Plain")
    finally:
        os.environ.clear()
        os.environ.update(kept)


def count():
    return len(os.listdir(cache_folder()))


first = rondo.compile(program, model="Cell", H=3)
assert count() == 1
assert rondo.compile(program, model="Cell", H=3).path == first.path and count() == 1
assert rondo.compile(program, model="Cell", H=4).path != first.path and count() == 2
with open(program, "a") as file:
    file.write("// changed\n")
assert rondo.compile(program, model="Cell", H=3).path != first.path and count() == 3

assert rondo.compile(program, model="Cell", H=numpy.int64(3)).path == rondo.compile(program, model="Cell", H=3).path

# Weights that become a part of the library are a part of what it is kept under.
weights = os.path.join(folder, "w.safetensors")
made = []
for seed in (1, 2):
    cell = rondo.compile(program, model="Cell", H=3)
    cell.init(seed)
    cell.save_weights(weights)
    made.append(rondo.compile(program, model="Cell", H=3, inference=True, options=["--weights", weights]))
assert made[0].path != made[1].path and count() == 5
assert all(model.has_values for model in made) and not cell.__class__(cell.path, 1).has_values
check([(lambda: made[0].init(), rondo.Error, "the weights are a part of the library")], ends=False)
compiler = os.path.join(folder, "rondoc")
with open(compiler, "w") as file:
    file.write('#!/bin/sh\nexec "' + shutil.which("rondoc") + '" "$@"\n')
os.chmod(compiler, 0o755)
without(RONDOC=compiler)
assert count() == 6

onnx = shutil.copy(program, os.path.join(folder, "net.onnx"))
cases = [
    (lambda: rondo.compile(os.path.join(folder, "none.rondo")), FileNotFoundError, "none.rondo"),
    (lambda: rondo.compile(program), rondo.CompileError, "error: expected"),
    (lambda: rondo.compile(program, model="Cell", Q=3), rondo.CompileError, "-D Q: expected a parameter or setting"),
    (lambda: rondo.compile(program, model="Cell", H=True), TypeError,
     "expected a number or a word for 'H', found True"),
    (lambda: rondo.compile(program, model="Cell", H=[1]), TypeError, "expected a number or a word for 'H', found [1]"),
    (lambda: rondo.compile(onnx), rondo.CompileError,
     f"expected a program, found '{onnx}', an ONNX model: rondo-import makes a program of it"),
    (lambda: rondo.compile(program, model=3), TypeError, "compile(): expected the name of a model, found 3"),
    (lambda: rondo.compile(program, model="Cell", options="--layer"), TypeError,
     "compile(): expected a list of options, found '--layer'"),
    (lambda: rondo.compile(program, model="Cell", options=3), TypeError, "expected a list of options, found 3"),
    (lambda: rondo.compile(3), TypeError, "not int"),
    (lambda: rondo.compile(program, model="Cell", H=0), rondo.CompileError, "found 0, from -D H=0"),
    (lambda: rondo.compile(program, model="Cell", H=20.0), rondo.CompileError,
     "error: expected an integer, found 20.0, from -D H=20.0"),
    (lambda: rondo.compile(program, model="Cell", options=["--odd"]), rondo.CompileError, "--odd"),
    (lambda: without(PATH=folder + "/none", RONDOC=""), rondo.CompileError,
     "expected the compiler rondoc in the PATH, or named by RONDOC in the environment, found none"),
    (lambda: without(RONDOC=folder + "/none"), rondo.CompileError,
     "expected RONDOC in the environment to name the compiler"),
    (lambda: without(RONDOC="/bin/true", XDG_CACHE_HOME=folder + "/empty"), rondo.CompileError, "wrote no library"),
]
try:
    check(cases)
finally:
    # Nothing half-made stays.
    assert all(name.endswith(".so") for name in os.listdir(cache_folder())), os.listdir(cache_folder())
    shutil.rmtree(folder)
