"""A batch: every area of a plan as a task on worker processes, and a file that says how far it is.

What is finished is on disk: whatever is killed, the same command again makes only what is missing.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, current_thread, main_thread
from typing import Any, Final
from uuid import uuid4

import dask
from distributed import Client, Future, LocalCluster, as_completed, get_worker
from distributed.scheduler import KilledWorker
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from core.errors import Cancelled, InputError, SettingError, UserError, told_by_system
from core.progress import Progress, silent
from core.text import Text, text
from data.files import write_json
from data.whole_folder import held
from geo import __version__
from jobs.batch import tables
from jobs.batch.address import Address, folder_or_address
from jobs.batch.area import (
    DONE,
    FAILED,
    SKIPPED,
    STOPPED,
    WAITING,
    Task,
    blank_row,
    figures_there,
    make_area,
    measure_one,
    task_of,
)
from jobs.batch.plan import BatchPlan

STATE: Final = "batch.json"
RUNNING, ENDED = "running", "ended"
_LOCK: Final = ".batch.lock"
# An area that has taken so many workers with it is given up: the others are to finish.
_TRIES: Final = 3
_BEGUN: Final = "service-circle-begun"
# Of a lost scheduler: so often its tasks are sent to the one that is there then.
_SENT_AGAIN: Final = 3
_FOR_SCHEDULER_S: Final = 30
_LOOK_S: Final = 0.1
_HEAL_S: Final = 10.0
# A busy machine takes its time to start a worker.
_TO_START_S: Final = 600
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
    out: Path | Address

    @property
    def counts(self) -> Mapping[str, int]:
        return counted(self.rows)

    @property
    def complete(self) -> bool:
        return all(row["state"] in (DONE, SKIPPED) for row in self.rows)


def run_batch(
    plan: BatchPlan,
    *,
    out: Path | str,
    cache: Path,
    language: str = "zh",
    on: Workers = HERE,
    progress: Progress = silent,
) -> Batch:
    """Make every area of the plan that is not there yet, then the tables over all of them; `out` is a folder
    that all workers see, or an address of fsspec.

    SettingError if the batch runs already (at an address: on this machine), or the scheduler cannot be
    reached. Cancelled by Ctrl-C; stopped in the middle, `batch.json` and the tables say so.
    """
    place = folder_or_address(out)
    address = place if isinstance(place, Address) else None
    # At an address this folder holds the tables before they are put there.
    folder = cache / "batches" / _short(address) if address else Path(str(place)).resolve()
    with _alone(folder, str(place)):
        if address is not None:
            address.get("", [STATE], folder)
        tasks, rows = _asked(plan, folder, cache=cache, language=language, address=address)
        state = _State(folder, rows, address)
        try:
            missing = [task for task in tasks if rows[task.area.name]["state"] == WAITING]
            state.write(RUNNING)
            if missing:
                with _ctrl_c() as stopped:
                    for row in _rows_of(missing, on, stopped):
                        rows[str(row["name"])] = row
                        state.write(RUNNING, at_once=False)
                        progress(*state.told())
        finally:
            rows |= {name: {**row, "state": STOPPED} for name, row in rows.items() if row["state"] == WAITING}
            state.write(ENDED)
            tables.write_tables(folder, list(rows.values()), language=language)
            if address is not None:
                address.put(folder)
    return Batch(list(rows.values()), place)


def status_of(out: Path | str | Address) -> Mapping[str, Any]:
    """What `batch.json` says, and whether that batch runs now; of one at an address only what it says.
    InputError if there is none."""
    place = out if isinstance(out, Address) else folder_or_address(out)
    if isinstance(place, Address):
        with TemporaryDirectory() as scratch:
            place.get("", [STATE], Path(scratch))
            return dict(tables.read_state(Path(scratch), str(place)))
    state = dict(tables.read_state(place, str(place)))
    if state["state"] == RUNNING and not _runs(place):
        state["state"] = STOPPED
    return state


def _short(address: Address) -> str:
    return hashlib.sha256(address.url.encode()).hexdigest()[:16]


def counted(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    """How many areas are in each state."""
    found = Counter(row["state"] for row in rows)
    return {state: found[state] for state in (DONE, SKIPPED, FAILED, STOPPED, WAITING) if found[state]}


def _asked(
    plan: BatchPlan, folder: Path, *, cache: Path, language: str, address: Address | None
) -> tuple[list[Task], dict[str, Mapping[str, Any]]]:
    """The tasks, and a row of each area: skipped where all is there, failed where a file is missing."""
    earlier = tables.earlier_rows(folder)
    tasks: list[Task] = []
    rows: dict[str, Mapping[str, Any]] = {}
    for area in plan.areas:
        rows[area.name] = blank_row(area)
        try:
            task = task_of(area, plan.exports, out=folder, language=language, cache=cache, address=address)
        except UserError as error:
            rows[area.name] = blank_row(area, FAILED, error.message)
            continue
        except OSError as error:
            rows[area.name] = blank_row(area, FAILED, _unreadable(error))
            continue
        tasks.append(task)
        found = figures_there(task)
        if found is not None:
            spent = earlier.get(area.name, {})
            kept = {key: spent[key] for key in ("seconds", "peak_mb") if key in spent}
            rows[area.name] = {**rows[area.name], **kept, **found, "state": SKIPPED}
    return tasks, rows


def _unreadable(error: OSError) -> Text:
    said = told_by_system(error)
    if said is not None:
        return said.message
    name = str(error.filename or "")
    return text("{file} cannot be read: {problem}.", file=name, problem=error.strerror or str(error))


class _State:
    """`batch.json`, written whole after every area; of very many areas so that writing takes a twentieth of
    the time at most."""

    def __init__(self, folder: Path, rows: Mapping[str, Mapping[str, Any]], address: Address | None) -> None:
        self._folder, self._rows, self._address = folder, rows, address
        self._begun, self._next = _now(), 0.0

    def write(self, state: str, *, at_once: bool = True) -> None:
        begin = time.monotonic()
        if begin < self._next and not at_once:
            return
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
        write_json(self._folder / STATE, document)
        if self._address is not None:
            self._address.put_file(self._folder / STATE, STATE)
        ended = time.monotonic()
        self._next = ended + 20 * (ended - begin)

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
    left = {task.area.name: task for task in tasks}
    for number in range(_SENT_AGAIN):
        try:
            with _cluster(on, at_most=len(left)) as client:
                for name, row in _rows_from(client, left, stopped):
                    del left[name]
                    yield row
        except SettingError:
            if number == 0:
                raise
            break
        except (OSError, TimeoutError):  # lost while it was asked, or without workers
            continue
        if not left:
            return
    lost = text(
        "The scheduler {address} was lost, or had no workers. Run the same again.",
        address=on.scheduler or "127.0.0.1",
    )
    for task in left.values():
        yield blank_row(task.area, STOPPED, lost)


def _rows_from(
    client: Client, left: Mapping[str, Task], stopped: Event
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, row) of each task that this scheduler brings to its end.

    Dask blames every task that a lost worker had before it, also those that waited there. Each task says
    when it begins: one that has not begun `_TRIES` times is sent again.
    """
    sent: dict[Future, str] = {}
    for task in left.values():
        sent |= _sent(client, task)
    ended, looked, manned = as_completed(sent), time.monotonic(), time.monotonic()
    while ended.count():
        some = ended.next_batch(block=False)
        if not some and stopped.wait(_LOOK_S):
            raise Cancelled
        if time.monotonic() - looked > _HEAL_S:
            looked = time.monotonic()
            if client.nthreads():
                manned = looked
            elif looked - manned > _TO_START_S:
                raise TimeoutError
            if client.cluster is not None:
                # Own workers that were killed before they had quite begun are not started again otherwise.
                client.cluster.scale(len(client.cluster.worker_spec))
        for future in some:
            name = sent.pop(future)
            task, error = left[name], None
            if future.status == "finished":
                yield name, future.result()
                continue
            if not future.cancelled():
                error = future.exception()
            if isinstance(error, KilledWorker):
                begun = Counter(said for _, said in client.get_events(_BEGUN) or ())
                tries = max(begun[part] for part in _parts_of(task))
                if tries >= _TRIES:
                    took = text(
                        "{tries} worker processes ended in the middle of it, most likely for want of memory. "
                        "Give it more memory (fewer --workers), or a smaller area.",
                        tries=tries,
                    )
                    yield name, blank_row(task.area, FAILED, took)
                    continue
                again = _sent(client, task)
                sent |= again
                ended.update(again)
            elif error is not None and not isinstance(error, OSError | TimeoutError):
                kind = type(error).__name__
                yield name, blank_row(task.area, FAILED, text("A defect of the program ({kind}).", kind=kind))


def _sent(client: Client, task: Task) -> dict[Future, str]:
    """The area's task, after those of its tiles where it has some. Dask's dashboard and logs show the key;
    two batches may use one cluster, and what is sent again is another task."""
    whole, *tiles = _parts_of(task)
    apart = uuid4().hex[:8]
    measured = [
        client.submit(begin, part, measure_one, task, number, key=f"{part}-{apart}", pure=False)
        for number, part in enumerate(tiles)
    ]
    return {
        client.submit(
            begin, whole, make_area, task, measured, key=f"{whole}-{apart}", pure=False
        ): task.area.name
    }


def _parts_of(task: Task) -> list[str]:
    """What the task of the area says when it begins, then those of its tiles."""
    area = f"{task.area.folder}-{os.getpid()}"
    return [area, *(f"{area}-tile-{number}" for number in task.tile_files)]


def begin(part: str, make: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """On a worker: say that the part begins, and make it."""
    get_worker().log_event(_BEGUN, part)
    return make(*args)


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


@contextmanager
def _cluster(on: Workers, *, at_most: int) -> Iterator[Client]:
    """A client of the cluster at an address, or of one of this program's own."""
    settings = {
        "distributed.scheduler.allowed-failures": _TRIES - 1,
        "distributed.worker.memory.target": False,  # results are rows: there is nothing to spill
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.comm.timeouts.connect": f"{_FOR_SCHEDULER_S}s",
        "distributed.deploy.lost-worker-timeout": f"{_TO_START_S}s",
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
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
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


@contextmanager
def _alone(out: Path, said: str) -> Iterator[None]:
    """SettingError where another process makes this batch."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / _LOCK).open("ab")
    except OSError as error:
        raise InputError(
            "The folder {folder} cannot be written to: {problem}", folder=said, problem=error.strerror
        ) from error
    with lock:
        if not held(lock, wait=False):
            raise SettingError(
                "The batch in {folder} is being made by another process; `batch --status` tells how far it "
                "is.",
                folder=said,
            )
        yield


def _runs(out: Path) -> bool:
    with suppress(OSError), (out / _LOCK).open("ab") as lock:
        return not held(lock, wait=False)
    return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
