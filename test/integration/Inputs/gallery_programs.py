# gallery_programs.py GALLERY FOLDER [short]: writes the program of each row of the gallery into the folder as
# NUMBER.rondo, and prints how rondoc is called for it; of `short`, for those with sizes for a test, by their `try`.
import math
import pathlib
import sys

import gallery_script

gallery = gallery_script.load(sys.argv[1])
sys.path[1:1] = [str(gallery.HERE), str(gallery.HERE.parent)]

import words

folder, short = pathlib.Path(sys.argv[2]), sys.argv[3:] == ["short"]
count = 30 if short else words.WORDS
(folder / "words").mkdir(exist_ok=True)
words.write_npy(folder / "words" / "noise.npy", (count, 1), [-math.log(count)] * count)
for number, task in enumerate(gallery.TASKS):
    text = gallery.program_of(task)
    assert len(text.splitlines()) <= gallery.LONGEST, task
    path = folder / f"{number}.rondo"
    path.write_text(text)
    define = {**task.get("define", {}), **task.get("try", {})} if short else task.get("define", {})
    if not short or "try" in task:
        print(path, *(["--model", task["model"]] if "model" in task else []),
              *(f"-D{name}={value}" for name, value in define.items()))
