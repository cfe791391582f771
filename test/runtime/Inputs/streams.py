# streams.py BINARY FOLDER: trains and evaluates on pipes and on files of the same text, which must give the same.
import os
import subprocess
import sys
import threading

import fake

binary, folder = sys.argv[1:]
text, other = fake.make_text(1), fake.make_text(2)
for name, content in (("text", text), ("other", other), ("empty", "")):
    with open(folder + "/" + name, "w") as file:
        file.write(content)


def pipe(content):
    """The reading end of a pipe through which `content` comes."""
    read, write = os.pipe()

    def feed():
        with os.fdopen(write, "w") as file:
            file.write(content)

    threading.Thread(target=feed, daemon=True).start()
    return read


def run(*arguments, stdin=subprocess.DEVNULL, ends=()):
    done = subprocess.run([binary, *arguments], stdin=stdin, stdout=subprocess.PIPE, pass_fds=ends, text=True,
                          check=True)
    return [line for line in done.stdout.splitlines() if "tokens" not in line and not line.startswith("time ")]


train = ["train", "--steps", "5", "--out", folder + "/w", "--data"]
expected = run(*train, folder + "/text")
assert any(line.startswith("validation nats") for line in expected), expected
end = pipe(text)
assert run(*train, "/dev/fd/%d" % end, ends=[end]) == expected
assert run(*train, "/dev/stdin", stdin=pipe(text)) == expected

expected = run(*train, folder + "/text", "--valid", folder + "/other")
ends = [pipe(text), pipe(other)]
assert run(*train, "/dev/fd/%d" % ends[0], "--valid", "/dev/fd/%d" % ends[1], ends=ends) == expected

evaluate = ["eval", "--weights", folder + "/w", "--data"]
assert run(*evaluate, "/dev/stdin", stdin=pipe(other)) == run(*evaluate, folder + "/other")
