"""Files are read in a child process: whatever one does to its reader, the program itself goes on.

A reader marked `@guarded` runs in a child as long as a front door is open (`with guarding():`), and as it
is everywhere else (in a test of one reader, inside the child itself). The child may take as much memory
and processor time as the size of the files explains, has to say something from time to time, and is ended
when the user cancels. Lists are always read so (`in_child`).

What a page has computed (`in_worker`: assessed, drawn) runs in a worker, a child that may take more and
whose readers run in children of its own.

A child is not a sandbox: it protects from what a file makes a reader use up, and from a reader's crash.
It stays for the next file, so that its libraries are loaded once; one that was ended is replaced.
"""

from __future__ import annotations

import atexit
import functools
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, ParamSpec, TypeVar

from core.errors import InputError, UserError
from core.progress import Progress, silent
from core.text import Text, text
from data.defects import RecordedDefectError, record_frames
from data.files import paths_in, size_of

_Result = TypeVar("_Result")
_Params = ParamSpec("_Params")

_PROJECT: Final = Path(__file__).parents[1]
_MB: Final = 1 << 20
# How often somebody who waits may say that the work is to stop.
_LOOK_S: Final = 0.2
# Beyond this nobody waits, however little the child has done: a pipe that never fills, a disk that hangs.
_IDLE_S: Final = 120.0
# One thread and one arena: libraries reserve address space for every thread they may start.
_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "PYTHONUTF8": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
LENGTH_BYTES: Final = 8
# Who asks, for whose turn it is; a server sets it for each session.
PERSON: Final[ContextVar[str]] = ContextVar("person", default="")

TOO_LONG: Final = text("Reading it takes longer than its size explains; it was given up. Save it anew.")
TOO_LARGE: Final = text(
    "It needs more memory than a file of its size explains; it was not read. Split it or save it anew."
)
TOO_DEEP: Final = text("It is nested more deeply than such a file is; it was not read.")
CRASHED: Final = text("It made its reader fail: it is damaged or harmful. Save it anew.")
# The same of an answer, whose files were read well.
_OF_AN_ANSWER: Final = {
    TOO_LONG: text("The answer takes longer than the server gives to one; it was given up."),
    TOO_LARGE: text(
        "The answer needs more memory than the server gives to one ({most:,} MB); your administrator may "
        "raise SERVICE_CIRCLE_ANSWER_MB."
    ),
    CRASHED: text("The process that worked on the answer has ended; try again."),
}


@dataclass(frozen=True)
class Budget:
    """What a child may use: memory beyond what it has when idle, processor seconds without a word and in
    all, bytes of its answer."""

    memory_bytes: int
    quiet_s: float
    seconds: float
    answer_bytes: int = 2 << 30

    @classmethod
    def of(cls, size_bytes: int) -> Budget:
        """What files of so many bytes explain: shapes and networks are some dozen times a packed file."""
        megabytes = size_bytes / _MB
        return cls(450 * _MB + 40 * size_bytes, 10.0 + megabytes, 60.0 + 10.0 * megabytes)

    @classmethod
    def of_an_answer(cls) -> Budget:
        """What an answer may take: SERVICE_CIRCLE_ANSWER_MB (4,000), and an hour of processor time."""
        said = os.environ.get("SERVICE_CIRCLE_ANSWER_MB", "")
        return cls((int(said) if said.isdecimal() else 4_000) * _MB, quiet_s=900.0, seconds=3_600.0)


def _nobody(_early: object) -> None:
    """Without a caller who waits for what there is early."""


class ReaderError(InputError):
    """The child was ended or failed; `message` says why, without the name of a file."""


_guarding: bool = False
_in_child: bool = False
_in_worker: bool = False


@contextmanager
def guarding() -> Iterator[None]:
    """Within it every guarded reader runs in a child."""
    global _guarding
    before, _guarding = _guarding, True
    try:
        yield
    finally:
        _guarding = before


def stay_guarded() -> None:
    """From now on every guarded reader of this process runs in a child: a server does so at its start."""
    global _guarding
    _guarding = True


def inside_a_child() -> None:
    """Tell this process that it is a child: readers run as they are."""
    global _in_child
    _in_child = True


def inside_a_worker() -> None:
    """Tell this process that it is a worker: its readers run in children of its own."""
    global _in_worker
    _in_worker = True
    stay_guarded()


def guarded(reader: Callable[_Params, _Result]) -> Callable[_Params, _Result]:
    """Run a reader in a child while a front door is open.

    Its arguments and its result must be picklable but for a keyword `progress`, which is told here. The
    files among its arguments name the error and set the budget.
    """

    @functools.wraps(reader)
    def read(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        if _in_child or not _guarding:
            return reader(*args, **kwargs)
        progress = kwargs.pop("progress", silent)
        paths = list(paths_in((args, kwargs)))
        # A PBF of nothing but streets takes 80 bytes of memory a byte, twice as much as other packed files.
        budget = Budget.of(sum(size_of(path) * (2 if path.suffix == ".pbf" else 1) for path in paths))
        name = paths[0].name if paths else reader.__name__
        try:
            return in_child(reader, args, kwargs, budget=budget, progress=progress)  # type: ignore[arg-type]
        except ReaderError as error:
            raise InputError("{file}: {problem}", file=name, problem=error.message) from error

    return read


def in_child(
    reader: Callable[..., _Result],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    budget: Budget,
    progress: Progress = silent,
) -> _Result:
    """The result of a reader run in a child; the user's errors it raises are raised here.

    ReaderError where the child takes too much, too long, or is made to fail by the file; RecordedDefectError
    where the program is at fault (`data.whose_fault`). Both are written down, and the number is told.
    """
    if _in_child:
        return reader(*args, **(kwargs or {}))
    result: _Result = _asked(_CHILDREN, _request(reader, args, kwargs, budget), budget, progress, _nobody)
    return result


def in_worker(
    task: Callable[..., _Result],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    progress: Progress = silent,
    early: Callable[[Any], None] = _nobody,
) -> _Result:
    """The result of a task run in a worker while a front door is open, else here.

    A task that takes a keyword `progress` reports there, and one that takes `early` gives there what it
    has before it ends; raising in either ends the worker. InputError where the answer takes more than
    `Budget.of_an_answer`.
    """
    if _in_worker or not _guarding:
        told = {"progress": progress, "early": early}
        return task(
            *args, **(kwargs or {}), **{name: call for name, call in told.items() if takes(task, name)}
        )
    budget = Budget.of_an_answer()
    try:
        result: _Result = _asked(_WORKERS, _request(task, args, kwargs, budget), budget, progress, early)
        return result
    except ReaderError as error:
        said = _OF_AN_ANSWER.get(error.message, error.message)
        raise InputError(said.template, **{**said.values, "most": budget.memory_bytes // _MB}) from error


def takes(task: Callable[..., object], name: str) -> bool:
    """Whether a function has an argument of this name."""
    code = getattr(task, "__wrapped__", task).__code__
    return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _request(
    reader: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None, budget: Budget
) -> dict[str, Any]:
    target = getattr(reader, "__wrapped__", reader)
    return {
        "reader": (target.__module__, target.__qualname__),
        "args": args,
        "kwargs": kwargs or {},
        "memory_bytes": budget.memory_bytes,
        "folder": str(Path.cwd()),
        "settings": {k: v for k, v in os.environ.items() if k.startswith("SERVICE_CIRCLE_")},
    }


def _asked(
    children: _Children,
    request: Mapping[str, Any],
    budget: Budget,
    progress: Progress,
    early: Callable[[Any], None],
) -> Any:
    child = children.take(PERSON.get(), progress)
    answer: tuple[Any, ...] = ()
    try:
        answer = child.ask(pickle.dumps(request, protocol=5), budget, progress, early)
    finally:
        if not answer:
            child.end()
        children.give_back(child, PERSON.get())
    return _unwrapped(answer, request["reader"][1])


def _unwrapped(answer: tuple[Any, ...], reader: str) -> Any:
    kind, *rest = answer
    if kind == "result":
        return rest[0]
    if kind == "user error":
        error_class, state, args = rest
        error: UserError = error_class.__new__(error_class)
        error.args = args
        vars(error).update(state)
        raise error
    if kind in ("memory", "deep"):
        raise ReaderError(TOO_LARGE if kind == "memory" else TOO_DEEP)
    name, frames = rest
    defect = record_frames(name, frames, doing=reader)
    if kind == "defect":
        raise RecordedDefectError(defect, name.rpartition(".")[2])
    raise ReaderError(
        text(
            "Something in it is not as its kind of file has it, and the reader could not go on. Save or "
            "export it anew; if that does not help, send the report {number} to whoever maintains the "
            "program.",
            number=defect.number,
        )
    )


class _Child:
    """One child process and the pipe from it."""

    def __init__(self, kind: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "data.guard_child", kind],
            cwd=_PROJECT,
            env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(_PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.owner = os.getpid()
        self.asker = ""
        self._leaves = False
        self._frames: queue.Queue[bytes | None] = queue.Queue()
        self._most_bytes = Budget.answer_bytes
        threading.Thread(target=self._pump, args=(self._process.stdout,), daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it may be asked once more."""
        return self.owner == os.getpid() and not self._leaves and self._process.poll() is None

    def end(self) -> None:
        with suppress(OSError):
            self._process.kill()
        self._process.wait()

    def ask(
        self, request: bytes, budget: Budget, progress: Progress, early: Callable[[Any], None]
    ) -> tuple[Any, ...]:
        """Send a request, tell progress and what there is early, and wait for the answer as long as the
        budget allows."""
        self._most_bytes = budget.answer_bytes
        with suppress(OSError):  # a child that has just ended is noticed below
            self._send(request)
        said: tuple[float, Text] | None = None
        # Until it says that its libraries are loaded, only the clock counts.
        begun = heard = float("inf")
        clock = time.monotonic()
        while True:
            if said is not None:
                progress(*said)
            else:
                progress(0.0, text("Opening the file"))
            with suppress(queue.Empty):
                frame = self._frames.get(timeout=min(_LOOK_S, budget.quiet_s))
                if frame is None:
                    killed = self._process.wait() in (-6, -9, 137, 134)  # by the system, or by an allocator
                    raise ReaderError(TOO_LARGE if killed else CRASHED)
                answer: tuple[Any, ...] = pickle.loads(frame)  # noqa: S301 - from our own child
                if answer[0] == "leaves":
                    self._leaves = True
                    continue
                if answer[0] not in ("progress", "early"):
                    return answer
                heard, clock = self._processor_s(), time.monotonic()
                if answer[0] == "early":
                    early(answer[1])
                    continue
                begun = heard if said is None else begun
                said = answer[1], answer[2]
            used = self._processor_s()
            if used - heard >= budget.quiet_s or used - begun >= budget.seconds:
                raise ReaderError(TOO_LONG)
            if time.monotonic() - clock >= max(_IDLE_S, budget.quiet_s):
                raise ReaderError(TOO_LONG)

    def _send(self, request: bytes) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the child process has no pipe to it")
        pipe.write(len(request).to_bytes(LENGTH_BYTES, "little") + request)
        pipe.flush()

    def _processor_s(self) -> float:
        """What the child has computed, where the system tells (Linux); else the time of the clock."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return time.monotonic() if sys.platform != "linux" else 0.0
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _pump(self, pipe: IO[bytes]) -> None:
        """Frames as they come; None when the child ends or answers more than it may."""
        while len(head := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
            length = int.from_bytes(head, "little")
            if length > self._most_bytes or len(body := pipe.read(length)) < length:
                break
            self._frames.put(body)
        self._frames.put(None)
        with suppress(OSError):
            self._process.kill()


class _Children:
    """The children of this process: as many at work as it has processors, the others wait for their turn.

    Next is whoever has the fewest at work, then who has waited longest: one person's ten files do not
    keep another's one waiting.
    """

    def __init__(self, kind: str, waiting: Text) -> None:
        self._kind, self._says = kind, waiting
        self._idle: list[_Child] = []
        self._turn = threading.Condition()
        self._most = max(2, os.cpu_count() or 2)
        self._busy: Counter[str] = Counter()
        self._waiting: list[tuple[str, object]] = []

    def take(self, person: str, progress: Progress) -> _Child:
        mine = (person, object())
        with self._turn:
            self._waiting.append(mine)
        try:
            while not self._is_next(mine):
                progress(0.0, self._says)
        finally:
            with self._turn:
                self._waiting.remove(mine)
        child = None
        try:
            with self._turn:
                # A worker keeps the city of its last question: best is who has answered this person before.
                living = sorted(
                    (idle for idle in self._idle if idle.alive), key=lambda idle: idle.asker == person
                )
                self._idle = living[:-1]
            child = living[-1] if living else _Child(self._kind)
            child.asker = person
        finally:
            if child is None:
                self._free(person)
        return child

    def _is_next(self, mine: tuple[str, object]) -> bool:
        with self._turn:
            first = min(self._waiting, key=lambda waiting: self._busy[waiting[0]])
            if first is not mine or self._busy.total() >= self._most:
                self._turn.wait(_LOOK_S)
                return False
            self._busy[mine[0]] += 1
            return True

    def give_back(self, child: _Child, person: str) -> None:
        with self._turn:
            if child.alive:
                self._idle.append(child)
        self._free(person)

    def _free(self, person: str) -> None:
        with self._turn:
            self._busy[person] -= 1
            self._turn.notify_all()

    def end(self) -> None:
        with self._turn:
            while self._idle:
                self._idle.pop().end()


_CHILDREN: Final = _Children("reader", text("Waiting until other files are read"))
_WORKERS: Final = _Children("worker", text("Waiting for its turn"))
atexit.register(_CHILDREN.end)
atexit.register(_WORKERS.end)
