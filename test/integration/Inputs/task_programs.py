# task_programs.py TASKS FOLDER: writes the program of each of the tasks into the folder as NAME.rondo, with its cell,
# and prints how rondoc is called for it.
import pathlib
import sys

sys.path.insert(1, sys.argv[1])

import tasks

for number, task in enumerate(tasks.TASKS):
    path = pathlib.Path(sys.argv[2]) / f"{number}.rondo"
    path.write_text(tasks.program_of(task))
    print(path, *(f"-D{name}={value}" for name, value in task.get("define", {}).items()))
