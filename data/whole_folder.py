"""A folder of results that is there as a whole: who stops in the middle leaves the old one untouched."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import InputError

_UNFINISHED: Final = ".unfinished-"


@contextmanager
def whole_folder(out: Path, *, product: Collection[str] = ()) -> Iterator[Path]:
    """A scratch folder to write into; its files take their places in `out` when all of them are there.

    Files of the same names are replaced, those named in `product` that were not written this time
    are removed (they belong to an earlier result), others stay. On any error nothing in `out`
    changes, and an `out` that was not there is not there. InputError if it cannot be written to.
    """
    there = out.is_dir()
    try:
        out.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=out))
    except OSError as problem:
        raise InputError(
            "The folder {folder} cannot be written to: {problem}", folder=out, problem=problem.strerror
        ) from problem
    finished = False
    try:
        yield scratch
        finished = True
    finally:
        if finished:
            written = {path.name: path for path in scratch.iterdir()}
            for name in set(product) - written.keys():
                (out / name).unlink(missing_ok=True)
            for name, path in written.items():
                path.replace(out / name)
        shutil.rmtree(scratch, ignore_errors=True)
        if not (finished or there or any(out.iterdir())):
            out.rmdir()
