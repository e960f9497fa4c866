"""A batch: every area of a plan as a task on worker processes, and a file that says how far it is.

What is finished is on disk: whatever is killed, the same command again makes only what is missing.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Any, Final

import dask
from distributed import Client, Future, LocalCluster, as_completed
from distributed.scheduler import KilledWorker
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from core.errors import Cancelled, InputError, SettingError, told_by_system
from core.progress import Progress, silent
from core.text import Text, text
from data.files import write_json
from data.whole_folder import held
from geo import __version__
from jobs.batch import tables
from jobs.batch.area import (
    DONE,
    FAILED,
    SKIPPED,
    STOPPED,
    WAITING,
    Task,
    blank_row,
    figures,
    is_there,
    make_area,
    measure_one,
    task_of,
)
from jobs.batch.plan import Area, BatchPlan

STATE: Final = "batch.json"
RUNNING, ENDED = "running", "ended"
_LOCK: Final = ".batch.lock"
# A task that has taken so many workers with it is given up: the others are to finish.
_TRIES: Final = 2
# Of a lost scheduler: so often its tasks are sent to the one that is there then.
_SENT_AGAIN: Final = 3
_FOR_SCHEDULER_S: Final = 30
_LOOK_S: Final = 0.1
# Above every level of a log: what Dask has to say is said in the rows.
_QUIET: Final = 60
_TLS: Final = "DASK_DISTRIBUTED__COMM__TLS__"


@dataclass(frozen=True)
class Workers:
    """Where the work is done: by the cluster at the address `scheduler`, which sees the same files and whose
    certificates are those of Dask's own settings; without one by `count` processes of this machine (0: one
    a core) with an equal share of the memory each, reachable from this program alone."""

    scheduler: str = ""
    count: int = 0


HERE: Final = Workers()


@dataclass(frozen=True)
class Batch:
    """How a batch ended: its rows in the order of the plan, and the folder with its tables."""

    rows: Sequence[Mapping[str, Any]]
    out: Path

    @property
    def counts(self) -> Mapping[str, int]:
        return counted(self.rows)

    @property
    def complete(self) -> bool:
        return all(row["state"] in (DONE, SKIPPED) for row in self.rows)


def run_batch(
    plan: BatchPlan,
    *,
    out: Path,
    cache: Path,
    language: str = "zh",
    on: Workers = HERE,
    progress: Progress = silent,
) -> Batch:
    """Make every area of the plan that is not there yet, then the tables over all of them.

    SettingError if the batch runs already, or the scheduler cannot be reached. Cancelled by Ctrl-C; stopped
    in the middle, `batch.json` and the tables say so.
    """
    out = out.resolve()
    with _alone(out):
        tasks, rows = _asked(plan, out=out, cache=cache, language=language)
        state = _State(out, rows)
        try:
            missing = [task for task in tasks if rows[task.area.name]["state"] == WAITING]
            state.write(RUNNING)
            if missing:
                with _ctrl_c() as stopped:
                    for row in _rows_of(missing, on, stopped):
                        rows[str(row["name"])] = row
                        state.write(RUNNING)
                        progress(*state.told())
        finally:
            rows |= {name: {**row, "state": STOPPED} for name, row in rows.items() if row["state"] == WAITING}
            state.write(ENDED)
            tables.write_tables(out, list(rows.values()), language=language)
    return Batch(list(rows.values()), out)


def status_of(out: Path) -> Mapping[str, Any]:
    """What `batch.json` says, and whether that batch runs now. InputError if there is none."""
    state = dict(tables.read_state(out))
    if state["state"] == RUNNING and not _runs(out):
        state["state"] = STOPPED
    return state


def counted(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    """How many areas are in each state."""
    found = Counter(row["state"] for row in rows)
    return {state: found[state] for state in (DONE, SKIPPED, FAILED, STOPPED, WAITING) if found[state]}


def _asked(
    plan: BatchPlan, *, out: Path, cache: Path, language: str
) -> tuple[list[Task], dict[str, Mapping[str, Any]]]:
    """The tasks, and a row of each area: skipped where all is there, failed where a file is missing."""
    earlier = tables.earlier_rows(out)
    tasks: list[Task] = []
    rows: dict[str, Mapping[str, Any]] = {}
    for area in plan.areas:
        rows[area.name] = blank_row(area)
        try:
            task = task_of(area, plan.exports, out=out, language=language, cache=cache)
        except OSError as error:
            rows[area.name] = blank_row(area, FAILED, _unreadable(error))
            continue
        tasks.append(task)
        if is_there(task):
            spent = earlier.get(area.name, {})
            kept = {key: spent[key] for key in ("seconds", "peak_mb") if key in spent}
            rows[area.name] = {**rows[area.name], **kept, **figures(task), "state": SKIPPED}
    return tasks, rows


def _unreadable(error: OSError) -> Text:
    said = told_by_system(error)
    if said is not None:
        return said.message
    name = str(error.filename or "")
    return text("{file} cannot be read: {problem}.", file=name, problem=error.strerror or str(error))


class _State:
    """`batch.json`, written whole after every area."""

    def __init__(self, out: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._out, self._rows = out, rows
        self._begun = _now()

    def write(self, state: str) -> None:
        rows = list(self._rows.values())
        document = {
            "format": 1,
            "state": state,
            "begun": self._begun,
            "changed": _now(),
            "program": {"name": "service-circle", "version": __version__},
            "process": os.getpid(),
            "counts": counted(rows),
            "areas": rows,
        }
        write_json(self._out / STATE, document)

    def told(self) -> tuple[float, Text]:
        counts = counted(list(self._rows.values()))
        left = counts.get(WAITING, 0)
        return 1 - left / len(self._rows), text(
            "{ready} of {all} areas, {failed} failed",
            ready=len(self._rows) - left,
            all=len(self._rows),
            failed=counts.get(FAILED, 0),
        )


def _rows_of(tasks: Sequence[Task], on: Workers, stopped: Event) -> Iterator[dict[str, Any]]:
    """A row of each task as it ends; what a lost scheduler had is sent again to the one that is at its
    address then. Cancelled soon after `stopped` is set."""
    left = {_key(task): task for task in tasks}
    for number in range(_SENT_AGAIN):
        try:
            with _cluster(on, at_most=len(left)) as client:
                sent = [_sent(client, key, task) for key, task in left.items()]
                for future in _as_they_end(sent, stopped):
                    row = _row_of(future, left[future.key].area)
                    if row is not None:
                        del left[future.key]
                        yield row
        except SettingError:
            if number == 0:
                raise
            break
        if not left:
            return
    lost = text("The scheduler {address} was lost. Run the same again.", address=on.scheduler)
    for task in left.values():
        yield blank_row(task.area, STOPPED, lost)


def _sent(client: Client, key: str, task: Task) -> Future:
    """The area's task, after those of its tiles where it has some."""
    parts = [
        client.submit(measure_one, task, number, key=f"{key}-tile-{number}", pure=False)
        for number in task.tile_files
    ]
    return client.submit(make_area, task, parts, key=key, pure=False)


def _as_they_end(sent: Sequence[Future], stopped: Event) -> Iterator[Future]:
    ended = as_completed(sent)
    while ended.count():
        yield from (batch := ended.next_batch(block=False))
        if not batch and stopped.wait(_LOOK_S):
            raise Cancelled


@contextmanager
def _ctrl_c() -> Iterator[Event]:
    """Set by Ctrl-C. An interrupt raised where Dask's callbacks happen to run would be passed over there."""
    stopped = Event()
    if current_thread() is not main_thread():
        yield stopped
        return
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _row_of(future: Future, area: Area) -> dict[str, Any] | None:
    """What the task says; None where the scheduler was lost with it."""
    if future.status == "finished":
        row: dict[str, Any] = future.result()
        return row
    error = None if future.cancelled() else future.exception()
    if isinstance(error, KilledWorker):
        return blank_row(
            area,
            FAILED,
            text(
                "{tries} worker processes ended in the middle of it, most likely for want of memory. Give it "
                "more memory (fewer --workers), or a smaller area.",
                tries=error.allowed_failures + 1,
            ),
        )
    if error is None or isinstance(error, OSError | TimeoutError):
        return None
    kind = type(error).__name__
    return blank_row(area, FAILED, text("A defect of the program ({kind}).", kind=kind))


def _key(task: Task) -> str:
    # Dask's dashboard and logs show it; two batches may use one cluster.
    return f"{task.area.folder}-{os.getpid()}-{abs(hash(task.out))}"


@contextmanager
def _cluster(on: Workers, *, at_most: int) -> Iterator[Client]:
    """A client of the cluster at an address, or of one of this program's own."""
    settings = {
        "distributed.scheduler.allowed-failures": _TRIES - 1,
        "distributed.worker.memory.target": False,  # results are rows: there is nothing to spill
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.comm.timeouts.connect": f"{_FOR_SCHEDULER_S}s",
        "distributed.admin.log-format": "%(message)s",
    }
    with dask.config.set(settings), silence_logging_cmgr(_QUIET):
        if on.scheduler:
            security = Security()
            if on.scheduler.startswith("tls:") and not (security.tls_ca_file and security.tls_client_cert):
                raise SettingError(
                    "The scheduler {address} wants a certificate, and none is named: set {ca}, {cert} and "
                    "{key}.",
                    address=on.scheduler, ca=f"{_TLS}CA_FILE", cert=f"{_TLS}CLIENT__CERT",
                    key=f"{_TLS}CLIENT__KEY",
                )  # fmt: skip
            try:
                client = Client(on.scheduler, timeout=f"{_FOR_SCHEDULER_S}s", security=security)
            except (OSError, TimeoutError, ValueError) as error:
                raise SettingError(
                    "The scheduler {address} cannot be reached or refuses the certificate: {problem}",
                    address=on.scheduler,
                    problem=str(error) or type(error).__name__,
                ) from error
            with client:
                yield client
            return
        with (
            LocalCluster(
                n_workers=min(on.count or os.cpu_count() or 1, at_most),
                threads_per_worker=1,
                dashboard_address=None,
                security=Security.temporary(),
                protocol="tls",
                host="127.0.0.1",
                name="service-circle",
                silence_logs=_QUIET,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """SettingError where another process makes this batch."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / _LOCK).open("ab")
    except OSError as error:
        raise InputError(
            "The folder {folder} cannot be written to: {problem}", folder=str(out), problem=error.strerror
        ) from error
    with lock:
        if not held(lock, wait=False):
            raise SettingError(
                "The batch in {folder} is being made by another process; `batch --status` tells how far it "
                "is.",
                folder=str(out),
            )
        yield


def _runs(out: Path) -> bool:
    with suppress(OSError), (out / _LOCK).open("ab") as lock:
        return not held(lock, wait=False)
    return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
