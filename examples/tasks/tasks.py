#!/usr/bin/env python3
"""Trains cells of the library on the tasks that they are known for, and says whether the bars of tasks.json are met.

For each task and seed: data of this seed (data.py), the program with the task's cell as its `unit`, training by one
thread, where the task says so on easier data `first`, and the figure that `eval` has of the tests. Figures are kept in
--json, with commit and processor; those of other tasks and seeds that it holds stay. --table FILE writes them all into
the file's table that begins `| task |`, and nothing is trained where no task is named."""

import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TASKS = json.loads((HERE / "tasks.json").read_text())


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def processor():
    return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]


def commit():
    changed = call("git", "-C", HERE, "status", "--porcelain", "--untracked-files=no", "--", HERE.parent.parent).strip()
    return call("git", "-C", HERE, "rev-parse", "HEAD").strip()[:12] + (" and changes" if changed else "")


def program_of(task):
    text, count = re.subn(r"(let unit = ).*", lambda m: m[1] + task["unit"],
                          (HERE / f"{task['program']}.rondo").read_text())
    assert count == 1, task
    return text.replace("scan unit(", "unit(") if task.get("isFunction") else text


def data_of(name, folder, seed):
    """The files of training and tests, which are made where they are not there yet."""
    data = folder / f"seed{seed}" / name
    if not data.exists():
        call(sys.executable, HERE / "data.py", data.parent, seed, name)
    return [next(data.glob(f"{part}.*")) for part in ("train", "test")]


def train(task, define, data, seed, rondoc, model, *more):
    """Compiles the program and trains it, and the seconds that this took."""
    model.with_suffix(".rondo").write_text(program_of(task))
    defines = [f"-D{name}={value}" for name, value in define.items()]
    call(rondoc, model.with_suffix(".rondo"), "--no-gradcheck", *defines, "-o", model)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    call(model, "train", "--data", data, "--split", 0, "--threads", 1, "--seed", seed, "--out", f"{model}.safetensors",
         *more)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def measure(task, seed, rondoc, folder):
    data, test = data_of(task["program"], folder, seed)
    model = folder / f"seed{seed}" / re.sub("[^A-Za-z0-9]+", "-", task["name"])
    define, seconds, more = task.get("define", {}), 0, []
    if "first" in task:
        easier, before = task["first"], model.with_name(f"{model.name}-first")
        easy, _ = data_of(easier["data"], folder, seed)
        seconds = train(task, {**define, **easier["define"]}, easy, seed, rondoc, before)
        more = ["--init", f"{before}.safetensors"]
    seconds += train(task, define, data, seed, rondoc, model, *more)
    if task.get("ridge"):
        call(sys.executable, HERE / "ridge.py", model, data, f"{model}.safetensors")
    printed = call(model, "eval", "--data", test, "--weights", f"{model}.safetensors")
    values = dict(line.rsplit(maxsplit=1) for line in printed.splitlines() if "skipped" not in line)
    figure = float(values[task["figure"]])
    if "over" in task:
        figure /= float(values[task["over"]])
    if task.get("root"):
        figure **= 0.5
    parameters = int(re.search(r"total +(\d+)", call(model, "info"))[1])
    return {"task": task["name"], "seed": seed, "figure": float(f"{figure:.4g}"), "parameters": parameters,
            "seconds": round(seconds), "commit": commit(), "processor": processor()}


def is_met(task, figure):
    return figure <= task["most"] if "most" in task else figure >= task["least"]


def table(kept):
    lines = ["| task | figure | bar | seeds | parameters | seconds |", "|---|---|---|---|---|---|"]
    for task in TASKS:
        rows = sorted((row for row in kept if row["task"] == task["name"]), key=lambda row: row["seed"])
        if not rows:
            continue
        bar = f"at most {task['most']}" if "most" in task else f"at least {task['least']}"
        what = " / ".join(task[name].removesuffix(" loss") for name in ("figure", "over") if name in task)
        what = f"√({what})" if task.get("root") else what
        seeds = ", ".join(f"{row['figure']:g}{'' if is_met(task, row['figure']) else ' (not met)'}" for row in rows)
        lines.append(f"| {task['name']} | {what} | {bar} | {seeds} | {rows[0]['parameters']} | "
                     f"{max(row['seconds'] for row in rows)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help="names of tasks.json, or `all`")
    parser.add_argument("--rondoc", default="rondoc")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("tasks"), help="for data and programs")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--json", type=pathlib.Path, default=HERE / "figures.json")
    parser.add_argument("--table", type=pathlib.Path)
    arguments = parser.parse_args()
    unknown = set(arguments.tasks) - {"all", *(task["name"] for task in TASKS)}
    if unknown:
        parser.error(f"no task is called {sorted(unknown)[0]}")

    missed = False
    for task in TASKS:
        for seed in arguments.seeds if task["name"] in arguments.tasks or "all" in arguments.tasks else []:
            row = measure(task, seed, arguments.rondoc, arguments.folder)
            kept = json.loads(arguments.json.read_text()) if arguments.json.exists() else []
            kept = [other for other in kept if (other["task"], other["seed"]) != (row["task"], seed)] + [row]
            arguments.json.write_text("[\n" + ",\n".join("  " + json.dumps(row) for row in kept) + "\n]\n")
            missed |= not is_met(task, row["figure"])
            print(f"{row['task']}, seed {seed}: {row['figure']:g}{'' if is_met(task, row['figure']) else ', not met'}",
                  flush=True)
    if arguments.table:
        kept = json.loads(arguments.json.read_text())
        text, count = re.subn(r"^\| task \|.*\n(\|.*\n)*", lambda _: table(kept), arguments.table.read_text(),
                              flags=re.M)
        if not count:
            sys.exit(f"error: {arguments.table}: expected a table that begins with '| task |'")
        arguments.table.write_text(text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
