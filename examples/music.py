#!/usr/bin/env python3
"""Makes the data of music.rondo of the JSB chorales (Boulanger-Lewandowski et al. 2012): music.py
JSB_Chorales.safetensors FOLDER writes train.safetensors, valid.safetensors and test.safetensors, a piece a sequence,
padded to 160 frames.

The file has `train.frames`, of all pieces one behind the other, 88 bits a frame, and `train.offsets`, where each piece
begins; likewise `valid` and `test`. notes are the same frames; length.T is each piece's number of them."""

import json
import pathlib
import struct
import sys

import arrays

FRAMES, NOTES = 160, 88


def main():
    content, folder = pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2])
    size = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    for part in ("train", "valid", "test"):
        frames = data[slice(*header[part + ".frames"]["data_offsets"])]
        offsets = data[slice(*header[part + ".offsets"]["data_offsets"])]
        kind = {"I32": "i", "I64": "q"}[header[part + ".offsets"]["dtype"]]
        places = struct.unpack(f"<{header[part + '.offsets']['shape'][0]}{kind}", offsets)
        pieces = [frames[begin * NOTES:end * NOTES] for begin, end in zip(places, places[1:])]
        notes = b"".join(piece.ljust(FRAMES * NOTES, b"\0") for piece in pieces)
        lengths = struct.pack(f"<{len(pieces)}i", *(len(piece) // NOTES for piece in pieces))
        arrays.write(folder / (part + ".safetensors"), {"notes": ("U8", [len(pieces), FRAMES, NOTES], notes),
                                                        "length.T": ("I32", [len(pieces)], lengths)})


main()
