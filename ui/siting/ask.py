"""What is asked of new sites: goal, tier, number, candidates, conditions. Each condition
is off until it is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.text import Text, text
from coverage.model.standard import Check, Standard, level_title
from coverage.siting.goals import LEAST_WORST
from jobs.siting.request import (
    CELLS,
    CROSSINGS,
    FACILITIES,
    FROM_LIST,
    TIER_SIGN,
    AlternativesRequest,
    PlanConditions,
    SitingRequest,
    UnitQuota,
    read_conditions,
)
from locales import Translator
from ui.check.upload import LIST_TYPES
from ui.shell.choices import words
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
_NO_LEVEL: Final = ""
_NO_LIMIT: Final = text("no limit")
_NOT_STATED: Final = text("not stated")
_LEVELS: Final = (_NO_LEVEL, "district", "street", "community")


def ask_request(standard: Standard) -> SitingRequest | None:
    """The request once the button is pressed; InputError for what is missing."""
    tr = words()
    # Two rows: what is chosen can then be read on narrow pages and at 200 % too.
    boxes = [*st.columns(2), *st.columns(2)]
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


def ask_conditions() -> PlanConditions:
    """What the plan must respect; a conditions file first, what is typed here on top."""
    tr = words()
    stated = PlanConditions()
    with st.expander(tr(text("Conditions"))):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            budget = _number(text("Budget, in the list's unit"), "budget", step=10.0)
            cost = _number(text("Cost of a site without a stated cost"), "cost", step=10.0, empty=_NOT_STATED)
            metres = _number(text("Least metres between facilities"), "spacing", step=100.0)
            stated = stated.with_more(PlanConditions(budget=budget, cost=cost, spacing_m=metres or 0.0))
        with middle:
            stated = stated.with_more(_quota())
            stated = stated.with_more(_weights())
        with right:
            stated = stated.with_more(_loads())
        stated = stated.with_more(_named())
        told = tr(text("Conditions as a TOML file (what is typed above goes first)"))
        file = file_from(st, told, ["toml"], key="siting-file")
        return stated if file is None else read_conditions(file).with_more(stated)


def _number(label: Text, key: str, *, step: float, empty: Text = _NO_LIMIT) -> float | None:
    """A number that may be left empty, which means `empty`."""
    value = st.number_input(
        words()(label), 0.0, None, None, step, key=f"siting-{key}", placeholder=words()(empty)
    )
    return None if value is None else float(value)


def _quota() -> PlanConditions:
    tr = words()
    level = pick(
        st.selectbox, text("At most so many per unit"), _LEVELS, key="siting-level",
        said=lambda option: tr(level_title(option)) if option else tr(text("no limit")),
    )  # fmt: skip
    if level == _NO_LEVEL:
        return PlanConditions()
    most = int(st.number_input(tr(text("Most in each")), 0, 99, 1, key="siting-most"))
    only_new = st.checkbox(tr(text("count new sites only")), value=True, key="siting-only-new")
    return PlanConditions(quotas=(UnitQuota(str(level), most=most, only_new=only_new),))


def _weights() -> PlanConditions:
    tr = words()
    weight = float(
        st.number_input(
            tr(text("An elderly resident counts")), 0.1, 20.0, 1.0, 0.5, key="siting-elderly",
            help=tr(text("1: as everybody; 2: twice.")),
        )
    )  # fmt: skip
    worth = float(
        st.number_input(
            tr(text("A second facility within reach counts")), 0.0, 1.0, 0.0, 0.1, key="siting-backup",
            help=tr(text("0: not at all; 0.5: half as much as the first.")),
        )
    )  # fmt: skip
    weights = (("elderly", weight),) if weight != 1.0 else ()
    return PlanConditions(weights=weights, backup=worth)


def _loads() -> PlanConditions:
    tr = words()
    close = int(
        st.number_input(
            tr(text("Close so many existing ones")), 0, 50, 0, key="siting-close",
            help=tr(text("Relocation: so many of the tier close, whichever the plan can best do without.")),
        )
    )  # fmt: skip
    capacity = _number(text("Most residents per new site"), "capacity", step=500.0)
    from_list = st.checkbox(tr(text("capacity as the list states")), key="siting-capacity-list")
    band = st.checkbox(
        tr(text("keep the standard's residents per site (rural)")),
        key="siting-band",
        help=tr(text("Every new rural site serves as many as the standard's band asks for.")),
    )
    return PlanConditions(close=close, capacity=FROM_LIST if from_list else capacity, within_band=band)


def _named() -> PlanConditions:
    tr = words()
    told = tr(text("One a line: a name of the list, or longitude, latitude."))
    left, right = st.columns(2, gap="medium")
    required = left.text_area(tr(text("Must be built")), key="siting-required", height=80, help=told)
    forbidden = right.text_area(tr(text("Must not be built")), key="siting-forbidden", height=80, help=told)
    return PlanConditions(required=_lines(required), forbidden=_lines(forbidden))


def _lines(written: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (written or "").splitlines() if line.strip())
