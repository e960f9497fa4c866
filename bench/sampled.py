"""Streamlit with a look every 10 ms at what its threads do: `python -m bench.sampled FILE run …`.

FILE holds the share of looks in which each function of the project was under way (itself or in what it
called), the most frequent first. Threads that wait are not counted.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

_ROOT: Final = str(Path(__file__).resolve().parents[1])
_EVERY_S: Final = 0.01
_WRITE_S: Final = 5.0
_LINES: Final = 60
# Lines of Python's own in which a thread waits.
_WAITING: Final = (
    "threading.py", "selectors.py", "queue.py", "thread.py", "base_events.py", "runners.py", "socket.py",
    "sweeper.py", "guard.py",
)  # fmt: skip


def look(target: Path) -> None:
    """Until the program ends."""
    lines: Counter[str] = Counter()
    looks, written = 0, time.monotonic()
    while True:
        time.sleep(_EVERY_S)
        own = threading.get_ident()
        for thread, frame in sys._current_frames().items():
            if thread == own or frame.f_code.co_filename.endswith(_WAITING):
                continue
            seen = _lines(frame)
            looks += bool(seen)
            lines.update(seen)
        if time.monotonic() - written > _WRITE_S:
            said = (f"{100 * count / looks:5.1f} %  {line}" for line, count in lines.most_common(_LINES))
            target.write_text(f"{looks} looks\n" + "\n".join(said) + "\n", encoding="utf-8")
            written = time.monotonic()


def _lines(frame: FrameType | None) -> set[str]:
    """Functions of the project that are under way in a thread, each once."""
    seen = set()
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_ROOT) and "site-packages" not in code.co_filename:
            seen.add(f"{code.co_filename[len(_ROOT) + 1 :]}:{code.co_name}")
        frame = frame.f_back
    return seen


if __name__ == "__main__":
    threading.Thread(target=look, args=(Path(sys.argv[1]),), daemon=True).start()
    from streamlit.web.cli import main

    sys.argv = ["streamlit", *sys.argv[2:]]
    main()
