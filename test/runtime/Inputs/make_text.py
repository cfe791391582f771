# make_text.py SEED FILE: writes the text of that seed.
import sys

import fake

with open(sys.argv[2], "w") as file:
    file.write(fake.make_text(int(sys.argv[1])))
