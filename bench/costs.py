"""What two things cost in one run, taken in turn, as ratios of medians: a machine that slows down slows both."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

Cost = dict[str, float]
"""Seconds of the processor and of waiting, and of a process kilobytes: the most that one process of it had at once."""
Action = Callable[[], Cost]

# A small parent, for a process counts as its own what its parent had when it began.
_PARENT = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=sys.stderr)
waited, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, waited, used.ru_maxrss)
sys.exit(code)
"""
_LEAST = 0.1  # seconds of what is timed at once inside this process


def process(*words: str | Path, no: bool = False, text: str = "") -> Action:
    """A whole process that reads *text*, output thrown away; exit code 1 is an answer where *no* is one."""

    def run() -> Cost:
        command = [sys.executable, "-c", _PARENT, *map(str, words)]
        done = subprocess.run(command, input=text, capture_output=True, check=False, text=True, errors="replace")
        if done.returncode > no:
            raise RuntimeError(f"{words}: exit code {done.returncode}\n{done.stderr[-2000:]}")
        return dict(zip(("processor", "waiting", "memory"), map(float, done.stdout.split()), strict=True))

    return run


def inside(call: Callable[[], object]) -> Action:
    """A call in this process, as often as it takes to be timed well."""

    def cost(times: int) -> Cost:
        gc.collect()
        used, waited = time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        return {"processor": (time.process_time() - used) / times, "waiting": (time.perf_counter() - waited) / times}

    call()  # what the first call alone has to do is no cost of the others
    times = math.ceil(_LEAST / max(cost(1)["processor"], _LEAST / 1000))
    return lambda: cost(times)


def medians(actions: Sequence[Action], runs: int) -> list[Cost]:
    """What each costs, run in turn."""
    rounds = [[action() for action in actions] for _ in range(runs)]
    return [{kind: median(cost[kind] for cost in costs) for kind in costs[0]} for costs in zip(*rounds, strict=True)]


def ratios(ours: Action, other: Action, *kinds: str, runs: int = 7) -> Cost:
    """The costs of these *kinds* of ours, each in relation to that of the other."""
    one, two = medians([ours, other], runs)
    return {kind: rounded(one[kind] / two[kind]) for kind in kinds}


def growth(actions: Sequence[Action], runs: int = 9) -> dict[str, list[float]]:
    """Each kind of cost of each in relation to that of the first."""
    costs = medians(actions, runs)
    return {kind: [rounded(cost[kind] / first) for cost in costs] for kind, first in costs[0].items()}


def rounded(ratio: float) -> float:
    """Two digits: more would change with each run."""
    return float(f"{ratio:.2g}")
