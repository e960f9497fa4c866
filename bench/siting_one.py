"""One instance solved in a process of its own, so that its peak of memory is nobody else's.

    python -m bench.siting_one FOLDER      solves what `solved_apart` has written there

The peak counts the interpreter, the instance as it is handed over, and the search; not the making of it.
"""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.siting_instances import Instance
from core.errors import UserError
from coverage.siting import Goal, Plan, choose_sites

_ASKED, _SOLVED = "asked.pickle", "solved.pickle"


@dataclass(frozen=True)
class Solved:
    """The plan, wall and processor seconds, and the peak of memory in gigabytes."""

    plan: Plan
    wall_s: float
    processor_s: float
    peak_gb: float


def solved_apart(instance: Instance, goal: Goal) -> Solved:
    """UserError as the search raises it."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / _ASKED).write_bytes(pickle.dumps((instance, goal), protocol=5))
        subprocess.run([sys.executable, "-m", "bench.siting_one", folder], check=True)
        found = pickle.loads((home / _SOLVED).read_bytes())
    if isinstance(found, UserError):
        raise found
    return Solved(*found)


def _solve(home: Path) -> tuple[Plan, float, float, float] | UserError:
    instance, goal = pickle.loads((home / _ASKED).read_bytes())
    wall, processor = time.perf_counter(), time.process_time()
    try:
        plan = choose_sites(
            instance.residents, instance.reach, goal=goal, keep=instance.keep, already=instance.already
        )
    except UserError as error:
        return error
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return plan, wall, processor, _peak_gb()


def _peak_gb() -> float:
    """On Linux the process's own: what getrusage tells there is also that of who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / _SOLVED).write_bytes(pickle.dumps(_solve(folder)))
