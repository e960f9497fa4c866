"""What can go wrong for a user, and how it is told.

    UserError             the user can mend it; front doors show it and exit with 2
    ├── InputError        a file, a row, a key: what is wrong, where, how to mend it
    ├── SettingError      an option or a choice that cannot be
    ├── InfeasibleError   the wanted plan cannot exist; says which condition fails
    └── Cancelled         the user has stopped the work; front doors say so calmly and exit with 130

Everything else is a defect of ours (exit 1). Each front door has exactly one handler.
"""

from __future__ import annotations

import errno
from typing import Final

from core.text import Text, text

# What a user can mend: space, rights, names, places. The others are defects.
_NO_RIGHT: Final = text("this user may not do that there")
_NO_ROOM: Final = text("there is no room left")
_TOO_MANY: Final = text("too many files are open")
_NO_DEVICE: Final = text("there is no such device")
_OF_THE_SYSTEM: Final[dict[int, Text]] = {
    errno.ENOSPC: _NO_ROOM, errno.EDQUOT: _NO_ROOM, errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NO_RIGHT, errno.EPERM: _NO_RIGHT, errno.EROFS: _NO_RIGHT,
    errno.EMFILE: _TOO_MANY, errno.ENFILE: _TOO_MANY,
    errno.ENODEV: _NO_DEVICE, errno.ENXIO: _NO_DEVICE,
    errno.ENAMETOOLONG: text("the name is too long"),
    errno.ENOTDIR: text("a file stands where a folder should be"),
    errno.EISDIR: text("it is a folder"),
    errno.EIO: text("the disk reports an error"),
}  # fmt: skip


class UserError(Exception):
    """Carries a `Text`, so that the front door can say it in the user's language."""

    def __init__(self, message: Text | str, /, **values: object) -> None:
        self.message = message if isinstance(message, Text) else text(message, **values)
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class InputError(UserError):
    """Input that cannot be used as it is."""


class SettingError(UserError):
    """A choice that is not possible."""


class InfeasibleError(UserError):
    """No plan meets all the conditions."""


class Cancelled(UserError):  # noqa: N818 - nothing went wrong
    """The user wants no more of it. Raised by whoever is told of progress; nothing half done is kept."""

    def __init__(self) -> None:
        super().__init__(text("Stopped. What was finished is kept; the same again goes on from there."))


def words_of_system(error: OSError) -> Text:
    """Why the system refuses: in our words where we have them, else in its own."""
    known = _OF_THE_SYSTEM.get(error.errno or 0)
    return text("{problem}", problem=error.strerror or str(error)) if known is None else known


def told_by_system(error: OSError) -> InputError | None:
    """What the system refuses and the user can mend, as a sentence; None for anything else."""
    if error.errno is None or error.errno not in _OF_THE_SYSTEM:
        return None
    return InputError(
        "{file} cannot be read or written: {problem}.",
        file=str(error.filename2 or error.filename or "–"),
        problem=words_of_system(error),
    )
