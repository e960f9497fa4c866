"""docs/security.md names a test for each threat; the tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_the_test_of_every_threat_is_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    threats = text.split("## Threats and their tests")[1].split("## ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, name in named:
            tree = ast.parse((ROOT / file).read_text("utf-8"))
            tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert any(test.startswith("test_") for test in tests)
            assert not name or name in tests, (file, name)
