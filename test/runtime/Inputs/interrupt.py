# interrupt.py BINARY FOLDER: sends signals to a long training run.
import os
import signal
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
with open(folder + "/text", "w") as file:
    file.write(fake.make_text(1))
for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
    path = "%s/w%d" % (folder, number)
    process = subprocess.Popen([binary, "train", "--data", folder + "/text", "--steps", "100000000", "--out", path,
                                "--checkpoint-every", "1"], stdout=subprocess.PIPE, text=True)
    while not os.path.exists(path):
        pass
    process.send_signal(number)
    output = process.communicate()[0]
    assert process.returncode == status, (number, process.returncode)
    tensors = fake.read_tensors(path)
    assert tensors["e"][0] == [30, 6]
    assert "validation nats" not in output
    if number != signal.SIGKILL:
        assert "weights after %s steps" % tensors["__metadata__"]["rondo.steps"] in output, output
        assert not os.path.exists(path + ".rondo-tmp")
