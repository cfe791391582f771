# option_table.py PAGE HELP: the first table of the page has the options that the help lists, with their values.
import re
import sys

with open(sys.argv[1]) as page, open(sys.argv[2]) as text:
    table = re.findall(r"^\| `(--\S+) (\S+)` \|", page.read(), re.M)
    listed = re.findall(r"^  (--\S+) (\S+) ", text.read(), re.M)
assert listed and table == listed, (table, listed)
