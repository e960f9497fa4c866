"""One table of findings: what is reported is declared, what is declared is documented."""

import re
from pathlib import Path

from data.intake.findings import as_markdown, finding_codes, level_of

ROOT = Path(__file__).parents[3]
# A code as it is passed to whatever collects findings.
REPORTED = re.compile(
    r"(?:\.note|\.note_at|\.tally|\.refuse|\breport|self\.report)\(\s*"
    r"(?:[\w\[\]().]+,\s*)*?\"([a-z]+(?:-[a-z]+)+)\"",
)


def test_the_table_of_the_documentation_is_the_declared_one():
    assert as_markdown() in (ROOT / "docs/lists.md").read_text(encoding="utf-8")


def test_every_code_that_is_reported_is_declared():
    found = {}
    for path in (*(ROOT / "data/intake").glob("*.py"), *(ROOT / "jobs/lists").glob("*.py")):
        for code in REPORTED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(code, path.name)
    assert len(found) > 40
    assert {code: where for code, where in found.items() if code not in finding_codes()} == {}


def test_the_level_of_a_code_is_the_first_declared():
    assert (level_of("outside-area"), level_of("ditto")) == ("error", "info")
