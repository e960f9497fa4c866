"""A share is said with its whole: 人口覆盖率, never a bare 覆盖率, and no “coverage” in English."""

from __future__ import annotations

import re
from typing import Final

# What officials divide by. 服务半径覆盖率 is the name of a document.
_WHOLES: Final = ("人口", "居住用地", "用地面积", "小区", "社区", "户数", "设施", "服务半径")
_BARE: Final = re.compile(
    ".{0,12}" + "".join(f"(?<!{name})" for name in _WHOLES) + "覆盖(?:率|比例)"
    # A second facility within reach has this name in English; a rule is called grid-full-coverage.
    r"|(?i:.{0,20}(?<!backup )(?<!full-)\bcoverage\b)"
)


def bare_shares(words: str) -> list[str]:
    """Where `words` speak of coverage without saying of what."""
    return _BARE.findall(words)
