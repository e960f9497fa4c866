"""The child process of `data.guard`: reads requests from standard input, answers each on standard output.

Run as `python -m data.guard_child reader`, or `worker` for what a page has computed, which makes way for
the page itself and has its files read in children of its own. It ends with its parent, when nobody has
asked for a while, and after a file that has left it large.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from core.errors import UserError, told_by_system
from core.text import Text, text
from data.guard import LENGTH_BYTES, inside_a_child, inside_a_worker, takes
from data.whose_fault import is_the_files

_REPORT_S: Final = 0.2
WORKER: Final = sys.argv[1:2] == ["worker"]
# A worker keeps the city of its last answer, for the next question about it.
_LEFT_LARGE_BYTES: Final = (2_000 if WORKER else 600) << 20
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_NOBODY_ASKS_S: Final = 300.0


def main() -> None:
    """Answer until there is nothing more to read."""
    if WORKER:
        inside_a_worker()
        if hasattr(os, "nice"):
            os.nice(5)
    else:
        inside_a_child()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    asked = [time.monotonic()]
    threading.Thread(target=_end_alone, args=(os.getppid(), asked), daemon=True).start()
    while len(head := sys.stdin.buffer.read(LENGTH_BYTES)) == LENGTH_BYTES:
        request = pickle.loads(sys.stdin.buffer.read(int.from_bytes(head, "little")))  # noqa: S301
        asked[0] = float("inf")
        answer = _answer(request, answers)
        large = _memory()[1] > _LEFT_LARGE_BYTES
        if large:  # said before the answer, so that nobody asks a process that is about to end
            _send(answers, ("leaves",))
        _send(answers, answer)
        if large:
            return
        del answer, request
        asked[0] = time.monotonic()


def _answer(request: Mapping[str, Any], answers: IO[bytes]) -> tuple[Any, ...]:
    try:
        with suppress(OSError):  # paths that need the folder cannot be opened, and say so
            os.chdir(request["folder"])
        for name in [name for name in os.environ if name.startswith("SERVICE_CIRCLE_")]:
            del os.environ[name]
        os.environ.update(request["settings"])
        module, name = request["reader"]
        reader: Any = importlib.import_module(module)
        for part in name.split("."):
            reader = getattr(reader, part)
        kwargs = request["kwargs"]
        if takes(reader, "progress"):
            kwargs = {**kwargs, "progress": partial(_report, answers, [0.0, ""])}
        if takes(reader, "early"):
            kwargs = {**kwargs, "early": lambda value: _send(answers, ("early", value))}
        _send(answers, ("progress", 0.0, text("Opening the file")))
        _allow(request["memory_bytes"])
        return "result", reader(*request["args"], **kwargs)
    except UserError as error:
        return "user error", type(error), vars(error), error.args
    except MemoryError:
        return ("memory",)
    except RecursionError:
        return ("deep",)
    except OSError as error:
        said = told_by_system(error)
        if said is not None:
            return "user error", type(said), vars(said), said.args
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - whatever a file makes of its reader is told to the parent
        return _failed(error)
    finally:
        _allow(None)


def _failed(error: Exception) -> tuple[Any, ...]:
    """What failed, and where; what the error says may quote the file and is left out."""
    if "bad_alloc" in str(error):  # of a library in C++, which had no memory left
        return ("memory",)
    at_fault = "broken file" if not WORKER and is_the_files(error) else "defect"
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return at_fault, kind, traceback.extract_tb(error.__traceback__)


def _report(answers: IO[bytes], last: list[Any], share: float, doing: Text) -> None:
    """At most a few times a second, but every new sentence."""
    if time.monotonic() - last[0] >= _REPORT_S or last[1] != doing.template:
        last[:] = time.monotonic(), doing.template
        _send(answers, ("progress", share, doing))


def _send(answers: IO[bytes], answer: tuple[Any, ...]) -> None:
    frame = pickle.dumps(answer, protocol=5)
    answers.write(len(frame).to_bytes(LENGTH_BYTES, "little"))
    answers.write(frame)
    answers.flush()


def _memory() -> tuple[int, int]:
    """Bytes of address space and of memory in use; 0 where the system does not tell."""
    try:
        size, resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]
    except OSError:
        return 0, 0
    return int(size) * _PAGE, int(resident) * _PAGE


def _allow(more_bytes: int | None) -> None:
    """So much address space beyond what is taken, or as much as there is (None).

    Not on Windows, where the checks of declared sizes must do.
    """
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = hard if more_bytes is None else _memory()[0] + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (soft if hard < 0 else min(soft, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_alone(parent: int, asked: list[float]) -> None:
    """End with the parent, whatever is being read, and when nobody has asked for a while."""
    while os.getppid() == parent and time.monotonic() - asked[0] < _NOBODY_ASKS_S:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main()
