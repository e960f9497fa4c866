"""Figures as they are published: without digits that nobody measured (0.30000000000000004)."""

from __future__ import annotations

import re
from typing import Any, Final

import pandas as pd

# What a column holds, by its name → its decimals: millimetres, thousandths of a minute or of a ratio. Of a
# coordinate twelve, so that an accepted list gives the figures of the office's own. Anything else is a share
# or a sum of residents, of which one in a thousand million must not be lost.
_DECIMALS: Final = tuple(
    (re.compile(pattern), decimals)
    for pattern, decimals in (
        (r"((site|map)_)?(lon|lat)", 12),
        (r".*_(m|m2|km|km2|min|detour)|metres|median|p90|mean|covered|total|per_1000|worst_to_best|gini", 3),
    )
)
_SHARES: Final = 9


def plain_figures(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of floats rounded by what its name says it holds; any other column as it is.

    >>> plain_figures(pd.Series([0.30000000000000004], name="share")).tolist()
    [0.3]
    >>> plain_figures(pd.Series([11.999999985], name="median_min")).tolist()
    [12.0]
    """
    if not pd.api.types.is_float_dtype(column.dtype):
        return column
    name = str(column.name)
    return column.round(next((n for pattern, n in _DECIMALS if pattern.fullmatch(name)), _SHARES))


def plain_table(table: pd.DataFrame) -> pd.DataFrame:
    """The same of every column of a table."""
    return table.apply(plain_figures) if len(table) else table
