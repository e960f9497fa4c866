"""A column of a table by the words that it may bear."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def find_column(columns: Sequence[str], aliases: Sequence[str]) -> str | None:
    """The column that one of `aliases` names, the earlier alias first; case and width do not matter."""
    known = {_plain(column): column for column in reversed(list(columns))}
    return next((known[_plain(alias)] for alias in aliases if _plain(alias) in known), None)


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKC", str(name)).strip().lstrip("\ufeff").casefold()
    plain = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", plain)
    # 地区 Region: the Chinese of a title in two languages.
    return re.sub(r"(?<=[\u4e00-\u9fff])\s+[a-z][a-z .,'()/-]{3,}$", "", plain)
