"""Fresh copies of Delta tables, so that each contestant changes the same files, and who used how much."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable


def copy_table(source: Path, target: Path) -> Path:
    """A table of its own over the same data files, which are linked: nobody writes into them."""
    for path in source.rglob("*"):
        to = target / path.relative_to(source)
        # A checkpoint in the making may go under its final name at any moment.
        if path.is_dir() or path.name.startswith("_checkpoint-"):
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == "_delta_log":
            shutil.copyfile(path, to)
        else:
            os.link(path, to)
    return target


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Used:
    wall: float
    cpu: float


def measure(pid: int, action: Callable[[], Any]) -> Used:
    """What `action` took, with the CPU time of the process that works for it."""
    cpu, started = cpu_seconds(pid), time.perf_counter()
    action()
    return Used(time.perf_counter() - started, cpu_seconds(pid) - cpu)


def middle(values: list[Used]) -> Used:
    """Medians."""
    half = len(values) // 2
    return Used(sorted(v.wall for v in values)[half], sorted(v.cpu for v in values)[half])


def verdict(ratio: float, goal: float) -> str:
    return f"{ratio:.2f} (goal {goal:g}: {'met' if ratio <= goal else 'not met'})"
