"""Runs rondoc where there is no room for what it writes: no_room.py PROGRAM FOLDER

Each run must end with exit status 1 and one line of its own words, and leave nothing behind.
"""

import os
import resource
import shutil
import subprocess
import sys

program, folder = sys.argv[1:]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
os.chdir(folder)
shutil.copy(program, "odd.rondo")
failed = False


def check(what, command, words, **options):
    global failed
    before = sorted(os.listdir("."))
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if run.returncode != 1 or run.stderr != f"rondoc: error: {words}\n" or sorted(os.listdir(".")) != before:
        failed = True
        print(f"{what}: exit status {run.returncode}, files {sorted(os.listdir('.'))}\n{run.stderr}")


def limit(size):
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


missing = dict(os.environ, TMPDIR=os.path.abspath("missing"))
check("a missing folder for temporary files", ["rondoc", "odd.rondo"],
      f"cannot create a temporary file in '{missing['TMPDIR']}' (TMPDIR): No such file or directory", env=missing)

subprocess.run(["rondoc", "odd.rondo", "-o", "program"], check=True)
size = os.path.getsize("program")
os.remove("program")
check("a limit below the executable's size", ["rondoc", "odd.rondo", "-o", "program"],
      "cannot link the executable: File too large", **limit(size - 1))
temporary = dict(os.environ, TMPDIR=os.getcwd())
run = subprocess.run(["rondoc", "odd.rondo"], stderr=subprocess.PIPE, text=True, env=temporary, **limit(1024))
if run.returncode != 1 or not run.stderr.endswith(".o': File too large\n") or os.listdir(".") != ["odd.rondo"]:
    failed = True
    print(f"a limit below an object's size: exit status {run.returncode}, files {os.listdir('.')}\n{run.stderr}")

# A full disk, where one may make a small one.
os.mkdir("disk")
script = 'mount -t tmpfs -o size=64k none disk && shift && "$@"'
mount = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
if subprocess.run([*mount, "", "true"], capture_output=True).returncode == 0:
    check("a full disk", [*mount, "", "rondoc", "odd.rondo", "-o", "disk/program"],
          "cannot link the executable: No space left on device")
sys.exit(failed)
