"""What is asked of new sites: goal, tier, number, candidates, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.text import Text, text
from coverage.model.standard import Check, Standard
from coverage.siting.goals import LEAST_WORST
from jobs.siting.request import CELLS, CROSSINGS, FACILITIES, TIER_SIGN, AlternativesRequest, SitingRequest
from locales import Translator
from ui.check.upload import LIST_TYPES
from ui.shell.choices import words
from ui.siting.conditions import ask_conditions
from ui.widgets.pick import pick
from ui.widgets.uploads import file_from, files_from

LIST: Final = "list"
MOST_SITES: Final = 100
# A page may not keep the machine busy for long; who wants a longer proof says so.
SECONDS: Final = (10, 60, 300)
_AREAS: Final = ("gpkg", "geojson", "json", "zip")
_GOALS: Final[dict[str, Text]] = {
    "most-people": text("Serve as many residents as possible"),
    "fewest-sites": text("As few sites as possible"),
    "least-walking": text("Least way in sum to the nearest"),
    "least-worst": text("Shortest longest way to the nearest"),
}
_BY: Final = {"radius": text("straight radius"), "walk": text("walking")}
_SOURCES: Final = {
    CELLS: text("where people live (cell centres)"),
    CROSSINGS: text("street crossings near residents"),
    FACILITIES: text("facilities of other kinds"),
    LIST: text("a list of my own"),
}


def ask_request(standard: Standard) -> SitingRequest | None:
    """The request once the button is pressed; InputError for what is missing."""
    tr = words()
    boxes = st.columns([0.34, 0.27, 0.17, 0.22], vertical_alignment="bottom")
    goal, tier, by = _what(standard, boxes)
    count, second, share = _how_many(standard, goal, tier, boxes[3])
    source, listed, exclude = _where()
    conditions = ask_conditions()
    others, seconds = _how()
    if not st.button(tr(text("Find sites")), type="primary", key="siting-find"):
        return None
    if source == LIST and listed is None:
        raise InputError("Please choose the file with your list of places first.")
    return SitingRequest(
        tier,
        count,
        goal=goal,
        by=by,
        candidates=listed if source == LIST else None,
        exclude=exclude,
        time_limit_s=float(seconds),
        share=share,
        source=CELLS if source == LIST else source,
        second_count=second,
        conditions=conditions,
        others=others,
    )


def tiers_of(standard: Standard) -> list[str]:
    """The tiers of the standard, then pairs of which the first also serves as the second."""
    reach = [rule for rule in standard.rules if rule.check in (Check.RADIUS, Check.WALK)]
    pairs = [
        f"{first}{TIER_SIGN}{second}"
        for first, second in permutations(standard.tiers, 2)
        if any(rule.tier == second and first in rule.serves for rule in reach)
        and any(rule.tier == first for rule in reach)
    ]
    return [*standard.tiers, *pairs]


def tier_words(standard: Standard, tier: str, tr: Translator) -> str:
    """A tier, or a pair, for the reader."""
    parts = [tr(standard.tier_title(part)) for part in tier.split(TIER_SIGN)]
    if len(parts) == 1:
        return parts[0]
    return tr(text("{first} + {second} together", first=parts[0], second=parts[1]))


def _what(standard: Standard, boxes: Sequence[DeltaGenerator]) -> tuple[str, str, str]:
    tr = words()
    goal_box, tier_box, by_box = boxes[:3]
    tier = pick(
        tier_box.selectbox, text("What to build"), tiers_of(standard), key="siting-tier",
        said=lambda option: tier_words(standard, option, tr),
    )  # fmt: skip
    # of two tiers the longest way is that to the nearest of the first: the second would not count
    goals = [name for name in _GOALS if name != LEAST_WORST or TIER_SIGN not in str(tier)]
    goal = pick(
        goal_box.selectbox, text("Goal"), goals, key="siting-goal", said=lambda option: tr(_GOALS[option])
    )
    by = pick(
        by_box.selectbox, text("Measured by"), list(_BY), key="siting-by", said=lambda option: tr(_BY[option])
    )
    return str(goal), str(tier), str(by)


def _how_many(standard: Standard, goal: str, tier: str, box: DeltaGenerator) -> tuple[int, int, float]:
    """(count, count of the second tier, share)."""
    tr = words()
    if goal == "fewest-sites":
        percent = box.number_input(
            tr(text("Residents to serve, %")),
            1.0, 100.0, 95.0, 1.0, key="siting-share",
            help=tr(text("Of all whom the candidate places could serve.")),
        )  # fmt: skip
        return 1, 1, float(percent) / 100.0
    parts = tier.split(TIER_SIGN)
    label = text("Number of sites, at most")
    if len(parts) == 1:
        return int(box.number_input(tr(label), 1, MOST_SITES, 5, key="siting-count")), 0, 1.0
    left, right = box.columns(2)
    counts = [
        int(
            half.number_input(
                tr(Text("{tier}", {"tier": standard.tier_title(part)})), 1, MOST_SITES, usual,
                key=f"siting-count-{number}",
            )
        )
        for number, (half, part, usual) in enumerate(zip((left, right), parts, (2, 8), strict=True))
    ]  # fmt: skip
    return counts[0], counts[1], 1.0


def _where() -> tuple[str, Path | None, tuple[Path, ...]]:
    """(source, the user's list, areas to leave out)."""
    tr = words()
    with st.expander(tr(text("Candidate places and areas to leave out"))):
        source = pick(
            st.selectbox, text("Choose among"), list(_SOURCES), key="siting-source",
            said=lambda option: tr(_SOURCES[option]),
        )  # fmt: skip
        listed = None
        if source == LIST:
            told = text("Vacant land and public buildings: name, longitude, latitude; if you have them cost, "
                        "service capacity, area")  # fmt: skip
            listed = file_from(st, tr(told), LIST_TYPES, key="siting-list")
        told = text("Areas without sites: water, parks, slopes, protected land (several files)")
        areas = files_from(st, tr(told), _AREAS, key="siting-areas", several=True)
    return str(source), listed, tuple(area.path for area in areas)


def _how() -> tuple[AlternativesRequest, int]:
    tr = words()
    with st.expander(tr(text("Other plans, and how long to search"))):
        boxes = st.columns(4)
        most = boxes[0].number_input(tr(text("Other plans to show")), 0, 5, 0, key="siting-others")
        within = boxes[1].number_input(
            tr(text("not worse by more than, %")), 0.0, 50.0, 2.0, 0.5, key="siting-within"
        )
        differ = boxes[2].number_input(tr(text("sites that differ at least")), 1, 50, 1, key="siting-differ")
        seconds = pick(
            boxes[3].selectbox, text("Search for at most"), SECONDS, key="siting-seconds",
            said=lambda option: tr(text("{seconds} s", seconds=option)),
        )  # fmt: skip
    return AlternativesRequest(int(most), float(within) / 100.0, int(differ)), int(seconds)
