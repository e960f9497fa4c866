"""Text tables as frames of texts, in any encoding and with any separator that occurs."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from core.errors import InputError
from data.formats.delimited import decode, delimiter_of
from data.formats.raw import UnreadableError


def read_text_table(path: Path, file: str) -> pd.DataFrame:
    """The table with its first row as titles and every cell as text; "" where empty.

    The encoding (byte order mark, UTF-8, GB18030) and the separator (comma, semicolon, tab, bar) are
    found by content. InputError where it is no table.
    """
    try:
        written = decode(path.read_bytes())
    except UnreadableError as error:
        raise InputError("{file}: the text is neither UTF-8, UTF-16 nor GB18030.", file=file) from error
    try:
        frame = pd.read_csv(
            io.StringIO(written.lstrip("\ufeff")),
            dtype=str,
            keep_default_na=False,
            sep=delimiter_of(written),
            skipinitialspace=True,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError("{file}: this is not a table that can be read.", file=file) from error
    frame.columns = [str(name).strip() for name in frame.columns]
    return frame
