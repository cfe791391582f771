# outputs.py BINARY FOLDER: files, devices and descriptors that output goes to.
import os
import signal
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
name = os.path.basename(binary)
text, out = folder + "/text", folder + "/w"
with open(text, "w") as file:
    file.write(fake.make_text(1))


def run(*arguments, **more):
    return subprocess.run([binary, *arguments], stderr=subprocess.PIPE, text=True,
                          **{"stdout": subprocess.PIPE, **more})


def train(*arguments, **more):
    return run("train", "--data", text, "--steps", "2", *arguments, **more)


def fails(done, message):
    assert done.returncode == 1, done
    assert done.stderr == "%s: error: %s\n" % (name, message), done.stderr


# A new file, then the same one through a link, which stays a link; the mode of the file is kept.
assert train("--out", out).returncode == 0
os.chmod(out, 0o640)
os.mkdir(folder + "/apart")
link = folder + "/apart/link"
os.symlink("../w", link)
before = os.stat(out).st_ino
assert train("--out", link).returncode == 0
assert os.path.islink(link) and os.stat(out).st_ino != before
assert os.stat(out).st_mode & 0o7777 == 0o640
assert sorted(os.listdir(folder + "/apart")) == ["link", "link.best", "link.checkpoint"]

# What a killed run left is taken over, and nothing is left in the end.
with open(out + ".rondo-tmp", "w") as file:
    file.write("x" * 100000)
assert train("--out", out).returncode == 0
assert sorted(os.listdir(folder)) == ["apart", "text", "w", "w.best", "w.checkpoint"]
fake.read_tensors(out)

# Refused before the training.
os.symlink("nowhere", folder + "/apart/broken")
os.mkfifo(folder + "/apart/pipe")
os.chmod(out, 0o444)
for path, reason in ((out, "': it is write-protected"), (link, "': it is write-protected"),
                     (folder + "/apart/broken", "': it is a link that leads to no file"),
                     (folder + "/apart/pipe", "': it is no regular file"), ("/dev/null", "': it is no regular file"),
                     (folder, "': it is no regular file")):
    done = train("--out", path)
    fails(done, "cannot write '%s%s" % (path, reason))
    assert "step" not in done.stdout.replace("steps in a pass", "")
os.chmod(out, 0o644)

# A full disk.
full = "No space left on device"
fails(train("--log", "/dev/full"), "cannot write '/dev/full': " + full)
with open("/dev/full", "w") as device:
    for arguments in (["--help"], ["info"], ["bench", "--seconds", "0"], ["train", "--help"]):
        fails(run(*arguments, stdout=device), "cannot write to standard output: " + full)

# A closed descriptor does not become the weights' file.
os.remove(out)
done = subprocess.run(["sh", "-c", '"$0" train --data "$1" --steps 2 --out "$2" >&- 2>&- <&-', binary, text, out])
assert done.returncode == 0
assert fake.read_tensors(out)["__metadata__"]["rondo.steps"] == "2"

# A terminal that is closed, and a pipe that nobody reads any more, end a training with its weights saved. Where the
# tests themselves run under nohup the program would ignore the terminal's end, as it should.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
for number in (signal.SIGHUP, signal.SIGPIPE):
    os.remove(out)
    process = subprocess.Popen([binary, "train", "--data", text, "--steps", "100000000", "--out", out], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not process.stdout.readline().startswith("step"):
        pass
    if number == signal.SIGPIPE:
        process.stdout.close()
    process.send_signal(number)
    assert process.wait() == 128 + number, (number, process.returncode)
    assert int(fake.read_tensors(out)["__metadata__"]["rondo.steps"]) > 0
