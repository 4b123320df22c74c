"""The machine: who runs on which core, and what a process took of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

PRODUCT_CORE = 0
"""What is measured has this core to itself; who loads it, and servers, have the others."""

REALTIME = "GMBOT_BENCH_REALTIME"
"""Set, it has the measured, the load and the servers go before whatever else a shared machine does (root)."""


def pin_load() -> None:
    """Keep this process and its later children off the core of what is measured, if there is another one."""
    os.sched_setaffinity(0, load_cores())
    if os.environ.get(REALTIME):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def load_cores() -> set[int]:
    """Return the cores for everything that is not measured."""
    cores = set(range(os.cpu_count() or 1))
    return cores - {PRODUCT_CORE} or cores


def on_product_core(*command: str) -> tuple[str, ...]:
    """Return a command that runs on the core of what is measured."""
    return ("taskset", "--cpu-list", str(PRODUCT_CORE), *command)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and its threads have used, in user and kernel mode.

    From the process's CPU clock (clock_getcpuclockid(3)), since /proc counts in hundredths of a second.
    """
    return time.clock_gettime((~pid << 3) | 2)


def resident_mib(pid: int) -> float:
    """Return a process's resident memory in MiB."""
    return _status_mib(pid, "VmRSS:")


def peak_mib(pid: int) -> float:
    """Return the most resident memory that a process ever had, in MiB."""
    return _status_mib(pid, "VmHWM:")


def _status_mib(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"the process does not show {field}")
