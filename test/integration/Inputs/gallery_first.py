# gallery_first.py GALLERY RONDOC FOLDER: a row that has `first` goes on from the weights that it learns there. By the
# rate 0 behind it they stay what they are, and the task's own data is what is asked in the end.
import json
import pathlib
import struct
import sys

import gallery_script

gallery = gallery_script.load(sys.argv[1])


def tensors(path):
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:begin])
    return {name: data[begin + start : begin + end] for name, entry in header.items() if name != "__metadata__"
            for start, end in [entry["data_offsets"]]}


task = {"name": "two parts", "program": "selective", "unit": "MinGRU[H]", "figure": "missed loss", "most": 1,
        "define": {"H": 4, "peak": 0, "all": 2},
        "first": {"data": "near", "define": {"positions": 32, "peak": 0.01, "all": 20}}}
folder = pathlib.Path(sys.argv[3])
row = gallery.measure(task, 1, sys.argv[2], folder)
first, last = (tensors(folder / "seed1" / f"two-parts{part}.safetensors") for part in ("-first", ""))
assert first == last and len(first) > 10, sorted(first)
assert 0.8 < row["figure"] <= 1, row
