"""Broken and odd files from other projects: accepted rows or a clear message, quickly, and no traceback."""

import time
from pathlib import Path

import pytest

from data.intake import read_facilities

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"
FILES = sorted(p for p in (SHARED / "bad_inputs").rglob("*") if p.is_file()) if SHARED.exists() else []


@pytest.mark.skipif(not FILES, reason="the folder of bad inputs is not beside the project")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_bad_input(path):
    started = time.monotonic()
    intake = read_facilities([path])
    assert time.monotonic() - started < 10
    errors = [finding for finding in intake.findings if finding.level == "error"]
    assert intake.accepted_count or errors
    assert intake.rows == intake.accepted_count + intake.refused_count + intake.set_aside_count
    assert all(str(finding.message) for finding in intake.findings)
    refused = {
        (row.source_sheet, row.source_row) for row in intake.frame.query("outcome == 'refused'").itertuples()
    }
    assert refused <= {(finding.sheet, finding.row) for finding in errors}


@pytest.mark.skipif(not SHARED.exists(), reason="the real lists are not beside the project")
def test_the_answers_of_a_map_service_are_one_list_in_its_system():
    intake = read_facilities([SHARED / "lists" / "concatenated_json_gcj02.json"])
    assert intake.accepted_count == 53 and intake.datum.system == "gcj02"
    assert abs(intake.accepted["lon"][0] - 114.037932) < 1e-5
