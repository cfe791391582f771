# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts that time peers (`tools/peers --peers-script`) share."""

import argparse
import json
import os
import re
import time
from pathlib import Path


def median_us(call, seconds):
    """The median of the times of `call`, in microseconds."""
    call()
    call()
    samples, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < 5:
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return sorted(samples)[len(samples) // 2] * 1e6


def main(doc, runs, workloads):
    """Times the peers asked for on the workloads asked for, by `runs[peer](workload, seconds, threads)`, which is None
    for what the peer has nothing for; returns the exit status."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--only", default=".")
    parser.add_argument("--peer", default=".")
    parser.add_argument("--workloads", default=workloads)
    parser.add_argument("--timeout", type=float, help="accepted, as the caller sees to it")
    parser.add_argument("--json")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])
    rows = []
    for workload in json.loads(Path(options.workloads).read_text()):
        for peer, run in runs.items():
            if not re.search(options.only, workload["name"]) or not re.search(options.peer, peer):
                continue
            us = run(workload, options.seconds, options.threads)
            if us is None:
                continue
            rows.append({"workload": workload["name"], "peer": peer, "threads": options.threads, "median_us": us})
            print(f"{workload['name']:28} {peer:16} {us:12.1f} us", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1))
    return 0
