"""The plan on the page: what it reaches, where the sites are, why there; how many are
worth building, existing ones, the briefing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Standard
from data.guard import in_worker
from jobs.cache.results import archive, map_page, report
from jobs.siting.request import TIER_SIGN
from maps import palette
from reports.plan import words as plan_words
from ui.scenario.ask import TRY, offer_sites, site_key
from ui.shell.choices import choices, choose, words
from ui.shell.compute import shelf_for
from ui.shell.measured import assessed_under
from ui.shell.safe import in_html
from ui.siting.ask import tier_words
from ui.siting.search import Search, finish, folder_of, place_of
from ui.widgets.chart import Axis, Series, line_chart
from ui.widgets.goto import press_button
from ui.widgets.pick import pick
from ui.widgets.sections import NOTHING, answer, number, sentences, table
from ui.widgets.small_map import city_box, dots_of, legend, list_map
from ui.widgets.tables import exact
from ui.widgets.uploads import file_button

_MOST_SPARE: Final = 40
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

if TYPE_CHECKING:  # what draws takes a second to load
    from jobs.assess.folder import Assessed
    from maps.cells_image import CellsImage
    from maps.still.picture import Over

BEST: Final = 0
_HEIGHT_PX: Final = 480
# Served today, newly served, not served.
_COLOURS: Final = (palette.OUTCOMES[0], "#0b7a4b", palette.OUTCOMES[1])


def say_answer(plan: Mapping[str, Any], standard: Standard) -> None:
    """What the plan reaches, how sure it is, what limits it, what to know."""
    said = [*plan_words.results(plan, standard), plan_words.deciding(plan), *plan_words.notes(plan)]
    answer(*(one for one in said if one is not None))


def choose_plan(plan: Mapping[str, Any]) -> int:
    """0 for the plan itself, else the number of one of the others."""
    others = plan.get("alternatives", [])
    if not others:
        return BEST
    tr = words()
    return int(
        pick(
            st.segmented_control, text("Plan"), list(range(len(others) + 1)), key="siting-plan",
            said=lambda option: tr(_title(option, others)),
        )
    )  # fmt: skip


def _title(option: int, others: Sequence[Mapping[str, Any]]) -> Text:
    if option == BEST:
        return text("Plan A: the best found")
    other = others[option - 1]
    return text(
        "Plan {letter}: {worse:.2%} worse, {n} {n:site differs|sites differ}",
        letter=chr(ord("A") + option),
        worse=other["worse_by"],
        n=other["differs_in"],
    )


def sites_of(plan: Mapping[str, Any], chosen: int) -> Sequence[Mapping[str, Any]]:
    """The sites of the plan shown."""
    sites: Sequence[Mapping[str, Any]] = (
        plan["sites"] if chosen == BEST else plan["alternatives"][chosen - 1]["sites"]
    )
    return sites


def show_map(search: Search, done: Assessed, chosen: int) -> None:
    """Who is served today, who anew, who not; facilities and numbered sites."""
    import numpy as np

    from jobs.siting.explain import classes_of
    from maps.still.picture import CellPicture, Marks
    from maps.still.sketch import Frame, Sketch

    plan = plan_in(search)
    over: list[Over] = []
    if search.result is not None:
        classes = classes_of(search.result, with_new=chosen == BEST)
        over.append(CellPicture(_image(search.city), classes, _COLOURS))
    sites = sites_of(plan, chosen)
    if sites:
        over.append(
            Marks(
                [(site["lon"], site["lat"]) for site in sites],
                [str(site["rank"]) for site in sites],
                [f"{site['rank']}. {plan_words.site_name(site)}" for site in sites],
            )
        )
    rules = {tier["rule"] for tier in plan.get("tiers", [])} | {plan["rule"]}
    serves = {tier for rule in done.inputs.standard.rules if rule.id in rules for tier in rule.serves}
    serving = np.flatnonzero(done.inputs.study.facilities.frame["tier"].isin(serves).to_numpy(bool))
    sketch = Sketch(city_box(done), dots=(dots_of(done, serving, look="other"),), over=over)
    list_map(sketch, Frame(text("Map: suggested sites"), height_px=_HEIGHT_PX), key="siting-map")
    meanings = (text("served today"), text("newly served"), text("not served"))
    shown = list(zip(_COLOURS, meanings, strict=True))
    legend(shown if chosen == BEST else [shown[0], shown[2]])


def plan_in(search: Search) -> Mapping[str, Any]:
    """plan.json of a search that has ended."""
    if search.result is None or search.result.results.plan is None:
        raise ValueError("the search has no plan")
    return search.result.results.plan.plan


def sites_table(plan: Mapping[str, Any], chosen: int, standard: Standard) -> None:
    """The sites in build order."""
    sites, tr = sites_of(plan, chosen), words()
    if not sites:
        return
    columns = _columns(sites, chosen, two_tiers="tiers" in plan)
    together = dict(map(tuple, plan["curve"]))
    rows = [
        [
            *(_cell(column, site, together, standard) for column in columns),
            press_button(text("Try"), site_key(site), _short_name(site)),
        ]
        for site in sites
    ]
    table(text("Suggested sites"), [*(_HEADS[column] for column in columns), TRY], rows, css="tall sites")
    offer_sites(sites, plan["tier"].split(TIER_SIGN)[0])
    if chosen != BEST:
        st.caption(tr(text("● also in plan A")))


_HEADS: Final = {
    "rank": text("No."), "tier": text("Tier"), "where": text("Where"), "gained": text("Newly served"),
    "residents_nearer": text("Shorter way for"), "saved_m": text("Saved, mean (m)"),
    "elderly": text("Elderly"), "together": text("Served in all"), "load": text("To serve"),
    "nearest": text("To nearest (m)"), "cost": text("Cost"), "same": text("In plan A"),
}  # fmt: skip


def _columns(sites: Sequence[Mapping[str, Any]], chosen: int, *, two_tiers: bool) -> list[str]:
    best = chosen == BEST
    # By the ways: what counts beside them stands in sentences and workbook, and the table is seen whole.
    by_ways = "residents_nearer" in sites[0]
    return [
        "rank",
        *(["tier"] if two_tiers and best else []),
        "where",
        *(column for column in ("residents_nearer", "saved_m") if column in sites[0]),
        "gained",
        *(["elderly"] if "elderly" in sites[0].get("groups_gained", {}) and not by_ways else []),
        *(["load"] if any("load" in site for site in sites) else []),
        *(["together"] if best and not by_ways else []),
        *(["nearest"] if best else ["same"]),
        *(["cost"] if any("cost" in site for site in sites) else []),
    ]


def _cell(column: str, site: Mapping[str, Any], together: Mapping[Any, Any], standard: Standard) -> object:
    match column:
        case "rank":
            return site["rank"]
        case "tier":
            return tier_words(standard, site["tier"], words())
        case "where":
            return _short_name(site)
        case "gained":
            return exact(site["residents_gained"])
        case "elderly":
            return exact(site["groups_gained"]["elderly"])
        case "together":
            return exact(together[site["rank"]])
        case "same":
            return "●" if site["in_best"] else ""
        case "nearest":
            return number(site["nearest_m"])
        case "residents_nearer":
            return exact(site["residents_nearer"])
        case "saved_m":
            return number(site["saved_m"])
        case _:
            return NOTHING if site.get(column) is None else f"{site[column]:,.10g}"


def _short_name(site: Mapping[str, Any]) -> str:
    """Its own name, or the two smallest units it lies in."""
    units = " ".join(site["unit"].split(" ")[-2:])
    return site.get("name") or units or plan_words.site_name(site)


def reasons(plan: Mapping[str, Any], standard: Standard) -> None:
    """Why each site is where it is, folded."""
    tr = words()
    gap = "" if tr.language == "zh" else " "
    items = "".join(
        f"<details{' open' if site['rank'] == 1 else ''}><summary>{site['rank']}. "
        f"{in_html(plan_words.site_name(site))}</summary><p>"
        f"{in_html(gap.join(tr(said) for said in plan_words.reasons(site, plan, standard)))}</p></details>"
        for site in plan["sites"]
    )
    st.html(f'<div class="reasons">{items}</div>')


@st.cache_resource(max_entries=3, show_spinner=False)
def _image(city: str) -> CellsImage:
    from jobs.assess.pictures import image_of

    return image_of(assessed_under(city, slow=False).inputs.study)


def how_many(plan: Mapping[str, Any]) -> None:
    """Residents served against the number of sites, with the bound, and the price of building in order."""
    tr, points = words(), plan.get("curve_bound", [])
    if len(points) < 2:
        st.caption(tr(text("The curve is drawn for the goal “serve as many residents as possible”.")))
        return
    series = [
        Series(title, [(p["sites"], p[key]) for p in points], dots=key == "best")
        for key, title in (
            ("best", text("best found")),
            ("bound", text("at most, among the places compared")),
            ("in_order", text("built in this order")),
        )
    ]
    title = text("Residents served by number of sites")
    st.markdown(f"**{tr(title)}**")
    line_chart(title, series, Axis(text("Number of sites"), "d"), Axis(text("Residents served"), ",.0f"))
    said = (plan_words.curve_counts(plan), plan_words.price_of_order(plan))
    sentences([one for one in said if one is not None])


def existing(plan: Mapping[str, Any], standard: Standard) -> None:
    """What would be lost by removing each existing facility, the least needed first."""
    tr, rows = words(), plan.get("redundancy", [])
    said = list(plan_words.redundancy(plan, standard))
    if not said:
        st.caption(tr(text("No existing facility is counted under this rule.")))
        return
    sentences(said)
    head = (
        text("Name"),
        text("Tier"),
        text("Residents whom only it serves, by the rule of this plan"),
        text("Rules that get worse by closing it alone"),
    )
    body = [
        [
            row["name"],
            tr(standard.tier_title(row["tier"])),
            exact(row["residents_lost"]),
            tr(plan_words.worse_rules(row, standard)),
        ]
        for row in rows[:_MOST_SPARE]
    ]
    table(text("Existing facilities, least needed first"), head, body, css="tall")
    if len(rows) > _MOST_SPARE:
        st.caption(tr(text("… and {count} more in the workbook.", count=len(rows) - _MOST_SPARE)))


def briefing(search: Search) -> None:
    """The text for a briefing, with a button that copies it."""
    from reports.briefing.markdown import briefing_text

    if search.result is None:
        return
    st.code(briefing_text(search.result.results, language=choices().language), language=None, wrap_lines=True)


def take_away(search: Search) -> None:
    """Map, workbook, folder; and the way to the overview with this plan."""
    from jobs.assess.folder import with_run

    tr, language = words(), choices().language
    case, root = place_of(search)
    made: tuple[tuple[Text, str, str, Callable[..., str | bytes]], ...] = (
        (text("Map (HTML, works offline)"), "map.html", "text/html", map_page),
        (text("Report (Excel)"), "report.xlsx", _EXCEL, report),
        (text("Result folder (ZIP)"), "results.zip", "application/zip", archive),
    )
    boxes = st.columns(4)
    for box, (label, name, mime, make) in zip(boxes, made, strict=False):

        def made_of(make: Callable[..., str | bytes] = make) -> str | bytes:
            folder = folder_of(search, case, root)
            return in_worker(make, (folder,), {"language": language})

        file_button(box, label, made_of, name=name, mime=mime)
    # A search that was stopped depends on when: another session asking the same would get another plan.
    if not search.stopped and boxes[3].button(tr(text("Show in the overview")), width="stretch"):
        finish(search)
        shelf = shelf_for(replace(choices(), wish=search.request, wish_is_own=True))
        if search.result is not None and shelf.find(case.key) is None:
            shelf.put(case.key, with_run(search.result, case.run()))
        choose(wish=search.request, wish_is_own=True)
        st.switch_page("ui/overview/page.py")
