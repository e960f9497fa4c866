"""What comes out of a file commands nothing."""

from __future__ import annotations

import errno

import pytest

from core.errors import told_by_system
from core.text import printable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("A站\x1b[31m", "A站[31m"),
        ("\x9b2J\x07bell", "2Jbell"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("half \ud83d", "half "),
        ("行\n列\t表\r\n", "行\n列\t表\r\n"),
        ("100 %\r 99 %", "100 % 99 %"),
        ("南京市（玄武区）·A-1", "南京市（玄武区）·A-1"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(written: str, shown: str) -> None:
    assert printable(written) == shown


def test_what_the_user_can_mend_is_a_sentence_and_the_rest_a_defect() -> None:
    full = told_by_system(OSError(errno.ENOSPC, "No space left on device", "/data/out"))
    assert full is not None and "/data/out" in str(full) and "no room left" in str(full)
    folder = told_by_system(OSError(errno.EISDIR, "Is a directory", "/data/.1.tmp", None, "/data"))
    assert str(folder) == "/data cannot be read or written: it is a folder."
    assert told_by_system(OSError(errno.EINVAL, "Invalid argument")) is None
