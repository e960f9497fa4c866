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
_OF_THE_SYSTEM: Final = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOTDIR,
    errno.EISDIR, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENODEV, errno.ENXIO,
})  # fmt: skip


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


def told_by_system(error: OSError) -> InputError | None:
    """What the system refuses and the user can mend, as a sentence; None for anything else."""
    if error.errno not in _OF_THE_SYSTEM:
        return None
    return InputError(
        "{file} cannot be read or written: {problem}.",
        file=str(error.filename or error.filename2 or "–"),
        problem=error.strerror,
    )
