# The text tests: which files are tests, what their RUN lines may call, and what they may ask for.
#
# In RUN lines: rondo-opt, rondoc, rondo-import, rondo-bench, rondo-interpret, rondo-random, FileCheck, not,
# split-file by name; %python, %bench (rondo-bench as a path), %shared (data beside the repository), %root (the
# repository) and %{build} (the build).
# REQUIRES: rondoc, rondo-bench, rondo-import (the tool is built), onnx (Python imports it, onnxruntime, safetensors),
# shared (the data is there), git (the repository's files can be listed), torch, tensorboard (Python imports it), sphinx
# (Debian's Python imports it and its MyST parser), native (code is made for this machine).
#
# With RONDO_TEST_CPU=CPU in the environment (tools/test --mcpu CPU) rondoc and rondo-bench compile for that CPU
# wherever a test does not name one itself.

import os
import shutil
import subprocess

import lit.formats

config.name = "Rondo"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".rondo", ".test", ".sh"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.join(config.rondo_source, "test")
config.test_exec_root = os.path.join(config.rondo_build, "test")

bin_folder = os.path.join(config.rondo_build, "bin")
cpu = os.environ.get("RONDO_TEST_CPU")
tools_folder = os.path.join(config.test_exec_root, "for-" + cpu) if cpu else bin_folder
config.environment["PATH"] = os.pathsep.join(
    [tools_folder, bin_folder, os.path.join(config.rondo_build, "test", "bin"), config.llvm_tools, os.environ["PATH"]]
)
# MLIR's shared library keeps its registries until the end; its containers and allocators are not annotated, and share
# memory with ours, which are. A finding ends in a signal, which no test takes for the error that it expects.
config.environment["ASAN_OPTIONS"] = ":".join(
    ["detect_leaks=0", "detect_container_overflow=0", "allow_user_poisoning=0", "abort_on_error=1"]
)
config.environment["UBSAN_OPTIONS"] = "halt_on_error=1:abort_on_error=1:print_stacktrace=1"
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=error"

config.substitutions.append(("%python", config.python))
config.substitutions.append(("%bench", os.path.join(tools_folder, "rondo-bench")))
config.substitutions.append(("%shared", config.rondo_shared))
config.substitutions.append(("%root", config.rondo_source))
config.substitutions.append(("%{build}", config.rondo_build))
# How many mutated programs, functions and inputs test/fuzz makes.
config.substitutions.append(("%{mutants}", os.environ.get("RONDO_MUTANTS", "100")))

# Whether sweeps over lengths are whole.
if "RONDO_WHOLE_SWEEPS" in os.environ:
    config.environment["RONDO_WHOLE_SWEEPS"] = "1"

# How many times test/runtime/kills.test kills a run.
config.substitutions.append(("%{kills}", os.environ.get("RONDO_KILLS", "6")))

# How many random programs test/torch compares.
config.substitutions.append(("%{randoms}", str(max(20, int(os.environ.get("RONDO_RANDOM_PROGRAMS", "0")) // 10))))

# How many random decoders test/python compares.
config.substitutions.append(("%{decoders}", str(max(8, int(os.environ.get("RONDO_RANDOM_PROGRAMS", "0")) // 10))))

# Which of the operators' cases test/import runs: each so manieth.
config.substitutions.append(("%{imports}", os.environ.get("RONDO_IMPORT_EVERY", "5")))

# Makes an ONNX file of standard input, its text.
config.substitutions.append(("%encode", f"protoc --encode=onnx.ModelProto -I {config.onnx_include} onnx.proto"))
config.substitutions.append(("%{onnx-include}", config.onnx_include))

for tool in ["rondoc", "rondo-bench", "rondo-import"]:
    path = os.path.join(bin_folder, tool)
    if not os.path.exists(path):
        continue
    config.available_features.add(tool)
    if cpu and tool != "rondo-import":
        os.makedirs(tools_folder, exist_ok=True)
        wrapper = os.path.join(tools_folder, tool)
        with open(wrapper, "w") as file:
            file.write(
                "#!/bin/sh\n"
                f'for word; do case $word in --mcpu*|-mcpu*) exec "{path}" "$@" ;; esac; done\n'
                f'exec "{path}" --mcpu={cpu} "$@"\n'
            )
        os.chmod(wrapper, 0o755)

if not cpu:
    config.available_features.add("native")

if os.path.isdir(config.rondo_shared):
    config.available_features.add("shared")
else:
    lit_config.note("skipped: tests that need the data in " + config.rondo_shared)

if shutil.which("git") and not subprocess.run(
    ["git", "-C", config.rondo_source, "ls-files"], capture_output=True
).returncode:
    config.available_features.add("git")
else:
    lit_config.note("skipped: tests that need the repository's list of files")

try:
    for end in os.openpty():
        os.close(end)
    config.available_features.add("terminal")
except OSError:
    lit_config.note("skipped: tests that need a pseudo-terminal")

torch = subprocess.run([config.python, "-c", "import torch"], capture_output=True)
if torch.returncode == 0:
    config.available_features.add("torch")
else:
    lit_config.note("skipped: tests that need PyTorch in " + config.python)

board = subprocess.run([config.python, "-c", "import tensorboard"], capture_output=True)
if board.returncode == 0:
    config.available_features.add("tensorboard")
else:
    lit_config.note("skipped: tests that need TensorBoard in " + config.python)

sphinx = subprocess.run(["/usr/bin/python3", "-c", "import sphinx, myst_parser"], capture_output=True)
if sphinx.returncode == 0:
    config.available_features.add("sphinx")
else:
    lit_config.note("skipped: tests that need Sphinx and its MyST parser in /usr/bin/python3")

onnx = subprocess.run([config.python, "-c", "import onnx, onnxruntime, safetensors"], capture_output=True)
if onnx.returncode == 0:
    config.available_features.add("onnx")
else:
    lit_config.note("skipped: tests that need onnx, onnxruntime and safetensors in " + config.python)
