"""Who sends or decides may be killed at any moment: what was acknowledged is there, and nothing by half."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data.intake.decisions import Decisions
from data.intake.intake import Intake
from data.store import Store, open_store
from data.store.check import check_store
from data.store.records import city_named
from jobs.collect import submit as sending
from jobs.collect.cities import NewCity, add_city
from jobs.collect.decisions import OfficeDecisions
from jobs.collect.review import history, review
from jobs.collect.submit import submissions_document, submit
from tests.jobs.collect.desk import ACCEPT, CENTRE, STATION, WEST, listed
from tests.small_city import write_small_city


def test_what_was_acknowledged_survives_kill_9(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is read once and for all, so that the kills meet what is written."""
    kill_often(place, tmp_path, times=20, read=monkeypatch.setattr)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_what_was_acknowledged_survives_kill_9_two_hundred_times(place: str, tmp_path: Path) -> None:
    kill_often(place, tmp_path, times=200)


def kill_often(place: str, tmp_path: Path, *, times: int, read: Callable[..., None] | None = None) -> None:
    """Children send and accept until they are killed, at a random moment after they began, sent or accepted;
    with `read`, what the first reading gave stands for all others."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    store = open_store(place, files=tmp_path / "kept", make=True)
    add_city(store, NewCity("小城", write_small_city(tmp_path / "in"), "community"))
    paths = listed(tmp_path / "n.csv", CENTRE, STATION)
    if read is not None:
        found = _reading(store, paths)
        read(sending, "read_for", lambda *_, **__: found)
    for _ in range(2):  # the first time loads what is loaded once
        begun = time.monotonic()
        review(store, submit(store, paths, WEST)["id"], ACCEPT)
    both_s = time.monotonic() - begun
    chance = random.Random(7)
    acknowledged: dict[tuple[str, str], int] = {}
    for number in range(times):
        store.engine.dispose()  # no connection is shared with a child
        told, child = os.pipe()
        if (pid := os.fork()) == 0:
            _send_and_accept(store, paths, child)
        os.close(child)
        with os.fdopen(told) as lines:
            said = [lines.readline() for _ in range(chance.randint(1, 3))]
            time.sleep(chance.uniform(0.0, both_s))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            said += lines
        assert not any(line.startswith("failed") for line in said), said
        whole = (line.split() for line in said[1:] if line.endswith("\n"))
        acknowledged |= {(state, name): int(version) for state, name, version in whole}
        assert check_store(store) == (), number
        states = {one["id"]: one for one in submissions_document(store)["submissions"]}
        accepted = {one["submission"] for one in history(store, city="小城")["versions"]}
        for (state, name), version in acknowledged.items():
            assert states[name]["version"] >= version
            assert state == "sent" or (states[name]["state"] == "accepted" and name in accepted)
    store.engine.dispose()
    assert {state for state, _ in acknowledged} == {"sent", "accepted"}


def _reading(store: Store, paths: list[Path]) -> tuple[Intake, Decisions]:
    with store.read() as connection:
        city = city_named(connection, "小城")
    return sending.read_for(store, city, paths, OfficeDecisions())


def _send_and_accept(store: Store, paths: list[Path], told: int) -> None:
    """Until killed; an error is told, and ends the child."""
    try:
        os.write(told, b"begun\n")
        while True:
            done = submit(store, paths, WEST)
            os.write(told, f"sent {done['id']} {done['version']}\n".encode())
            review(store, done["id"], ACCEPT)
            os.write(told, f"accepted {done['id']} {done['version']}\n".encode())
    except BaseException as error:  # noqa: BLE001 - told to the parent
        os.write(told, f"failed {type(error).__name__} {error}".encode())
    finally:
        os._exit(1)
