"""A site plan in sentences: how good it is, what each site brings, what decided. From plan.json alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.text import Sayable, Text, listed, remarked, rounded_up, text, text_from_json
from coverage.model.standard import Standard, settlement_title

# A wider difference than rounding.
_A_PERSON: Final = 0.5
_MOST_MISSED: Final = 2
ELDERLY: Final = "elderly"

GOAL_TITLES: Final = {
    "most-people": text("serve as many residents as possible"),
    "fewest-sites": text("as few sites as possible"),
    "least-walking": text("the shortest ways in sum"),
    "least-worst": text("the shortest longest way"),
}
BY_TITLES: Final = {"radius": text("straight line"), "walk": text("on foot")}

_PROVED: Final = {
    "residents": text("Proved best: no other choice of {count} serves more."),
    "weighted": text("Proved best for the weights asked for."),
    "residential_land": text("Proved best: no other choice of {count} reaches more residential land."),
    "sites": text("Proved best: fewer sites cannot do it."),
    "cost": text("Proved best: it cannot be done for less."),
    "resident_metres": text("Proved best: no other choice of {count} makes the ways shorter in sum."),
    "metres": text("Proved best: no other choice of {count} makes the longest way shorter."),
}
_PROVED_UNDER: Final = _PROVED | {
    "residents": text("Proved best: no other choice of {count} that keeps the conditions serves more."),
    "weighted": text("Proved best for the weights asked for, among plans that keep the conditions."),
    "residential_land": text(
        "Proved best: no other choice of {count} that keeps the conditions reaches more residential land."
    ),
    "resident_metres": text(
        "Proved best: no other choice of {count} that keeps the conditions makes the ways shorter in sum."
    ),
    "metres": text(
        "Proved best: no other choice of {count} that keeps the conditions makes the longest way shorter."
    ),
}
# Of what is asked under "conditions" these leave every choice open.
_NO_LIMITS: Final = ("weight", "weights", "backup", "cost", "costs")
_FOUND: Final = {
    "residents": text(
        "Best found: at most {gap:.2%} below the best possible (none can serve more than {bound:,.0f})."
    ),
    "residential_land": text(
        "Best found: at most {gap:.2%} below the best possible (none can reach more than {bound:,.0f} m² of "
        "residential land)."
    ),
    "weighted": text("Best found: at most {gap:.2%} below the best possible for the weights asked for."),
    "sites": text(
        "Best found: at least {bound:,.0f} {bound:site is|sites are} needed, perhaps fewer than these."
    ),
    "cost": text("Best found: it costs at least {bound:,.0f}, perhaps less than this."),
    "resident_metres": text("Best found: at most {gap:.2%} above the best possible."),
    "metres": text("Best found: no choice of {count} makes the longest way shorter than {bound:,.0f} m."),
}


_SERVED: Final = (
    text("Newly served: {gained:,.0f} residents."),
    text("Newly served: {gained:,.0f} residents, {elderly:,.0f} of them elderly."),
)
# Where a site takes on only so many.
_WITHIN_REACH: Final = (
    text("Newly within reach: {gained:,.0f} residents."),
    text("Newly within reach: {gained:,.0f} residents, {elderly:,.0f} of them elderly."),
)


# Of residents whom no facility is near to on foot: what the goals that count metres make of them.
_WITHOUT_FIRST: Final = text(
    "Mean and longest leave out who can reach no facility: {before:,.0f} {before:resident|residents} "
    "before, {after:,.0f} after. A way for them comes first, shorter ways for others after it."
)
_WITHOUT: Final = text(
    "Mean and longest leave out who can reach no facility: {before:,.0f} {before:resident|residents} "
    "before, {after:,.0f} after. In the sum of the ways each of them counts as {metres:,.0f} m."
)


def quality(plan: Mapping[str, Any]) -> Text:
    """How sure it is that nothing better exists, and among which places."""
    return among_which(plan, _quality(plan))


def among_which(plan: Mapping[str, Any], proved: Text) -> Text:
    """What is said of the quality of a plan, with the places that it holds among."""
    among = plan.get("among") or {"everywhere": True}
    everywhere = among["everywhere"] or (not plan["proven"] and among.get("more_at_most") is not None)
    if everywhere:
        return _of_all(among, proved)
    if plan["proven"] and among["given"] and among["weighed"] <= len(plan["sites"]):
        return text("All {n:,} places given are used: there was nothing to choose.", n=among["weighed"])
    if among["given"]:
        return text("Among the {weighed:,} places given: {proved}", weighed=among["weighed"], proved=proved)
    return text("Among the {weighed:,} places weighed: {proved}", weighed=among["weighed"], proved=proved)


def _of_all(among: Mapping[str, Any], proved: Text) -> Text:
    """A statement on all places that were considered, with how many these are."""
    if not among.get("every"):
        return proved
    if not among.get("spacing_m"):
        return text("Of all {every:,} places considered: {proved}", every=among["every"], proved=proved)
    return text(
        "Of all {every:,} places considered, about {metres:,.0f} m apart: {proved}",
        every=among["every"],
        metres=among["spacing_m"],
        proved=proved,
    )


def _quality(plan: Mapping[str, Any]) -> Text:
    """How sure it is, of the places that the bound holds for."""
    if plan["proven"]:
        conditions = plan.get("asked", {}).get("conditions", {})
        tied = any(value for key, value in conditions.items() if key not in _NO_LIMITS)
        return Text((_PROVED_UNDER if tied else _PROVED)[plan["counted"]].template, dict(plan))
    if plan["counted"] in ("sites", "cost") and not plan["objective"]:
        return text("No possible site reaches anybody: there is nothing to choose from.")
    if plan["bound"] is None or plan["gap"] >= 1.0:
        return text("Best found; how near it is to the best possible is not known. Allow more time.")
    # Never better than was shown: what others cannot pass is rounded away from the plan.
    counted, bound = plan["counted"], plan["bound"]
    bound = -rounded_up(-bound) if counted in ("cost", "metres") else rounded_up(bound)
    said = {**plan, "bound": bound, "gap": rounded_up(plan["gap"], 1e-4)}
    return Text(_FOUND[counted].template, said)


def results(plan: Mapping[str, Any], standard: Standard) -> Iterator[Text]:
    """What the plan reaches, in a few sentences."""
    if not plan["sites"]:
        yield text("No site is suggested.")
        return
    for part in plan.get("tiers", [plan]):
        yield _reached(part, plan, standard)
        if part.get("mean_m_before") is not None and part.get("mean_m_after") is not None:
            yield text(
                "The mean way to the nearest goes from {mean_m_before:,.0f} m to {mean_m_after:,.0f} m, the "
                "longest is {longest_m_after:,.0f} m (before: {longest_m_before:,.0f} m).",
                **{key: part[key] for key in part if key.endswith(("_m_before", "_m_after"))},
            )
            if part.get("residents_without_before", 0.0) > _A_PERSON:
                said = _WITHOUT_FIRST if plan["goal"] == "least-worst" else _WITHOUT
                without = {when: part[f"residents_without_{when}"] for when in ("before", "after")}
                yield Text(said.template, without | {"metres": part.get("unreached_m")})
    if plan.get("closed"):
        yield _closing(plan, standard)
    if plan.get("tiers"):
        yield text("Both tiers count alike: what follows is said of the sum of both.")
    if plan.get("cost") is not None:
        yield money(plan)
    yield quality(plan)


def people_counted(part: Mapping[str, Any], standard: Standard) -> Text:
    """Whose settlement the plan (or a tier of it) counts: that of its load band, else that of its rule."""
    rule = standard.rule(part.get("band_rule") or part["rule"])
    if rule.settlement == "any":
        return text("residents in all")
    return text("{who} residents", who=settlement_title(rule.settlement))


def has_loads(plan: Mapping[str, Any]) -> bool:
    """Whether its sites take on only so many, so that who lives within reach need not be served."""
    return any("load" in site for site in plan["sites"])


def _reached(part: Mapping[str, Any], plan: Mapping[str, Any], standard: Standard) -> Text:
    """How many are served before and after: by distance alone, or as far as the limits of load allow."""
    before, after, everybody = part["residents_before"], part["residents_after"], part["residents"]
    if has_loads(plan):
        said = text("New sites ({tier}): {count}. Within the limits of load they bring the residents served "
                    "from {before:,.0f} to {after:,.0f} of {all:,.0f} {who}: from {share_before:.1%} to "
                    "{share_after:.1%}.")  # fmt: skip
    elif after - before > _A_PERSON:
        said = text("New sites ({tier}): {count}. Residents served rise from {before:,.0f} to {after:,.0f} "
                    "of {all:,.0f} {who}: from {share_before:.1%} to {share_after:.1%}.")  # fmt: skip
    else:
        said = text("New sites ({tier}): {count}. Residents served do not rise: {before:,.0f} before, "
                    "{after:,.0f} after, of {all:,.0f} {who}: {share_before:.1%} and "
                    "{share_after:.1%}.")  # fmt: skip
    values = {
        "tier": standard.tier_title(part["tier"]), "count": part["count"], "before": before, "after": after,
        "all": everybody, "who": people_counted(part, standard), "share_before": _share(before, everybody),
        "share_after": _share(after, everybody),
    }  # fmt: skip
    return Text(said.template, values)


def _closing(plan: Mapping[str, Any], standard: Standard) -> Text:
    """What is to be closed, and whom that alone leaves without each tier."""
    names = listed(row["name"] for row in plan["closed"])
    lost = [
        text(
            "{tier}: {residents:,.0f} residents", tier=standard.tier_title(part["tier"]), residents=residents
        )
        for part in plan.get("tiers", [plan])
        if (residents := part.get("residents_lost", plan["residents_lost"])) >= _A_PERSON
    ]
    if not lost:
        return text(
            "To be closed: {names}. By the rule of this plan others serve the same residents.", names=names
        )
    return text(
        "To be closed: {names}. Without new sites these would be served no more: {lost}; what the new sites "
        "serve anew is counted after that.",
        names=names,
        lost=some_of(lost),
    )


def money(plan: Mapping[str, Any]) -> Text:
    """What the sites cost together, and of what budget."""
    unit = _unit(plan)
    if plan.get("budget") is None:
        return text("The sites cost {cost:,.10g}{unit} together.", cost=plan["cost"], unit=unit)
    return text(
        "The sites cost {cost:,.10g}{unit} of a budget of {budget:,.10g}{unit}.",
        cost=plan["cost"],
        budget=plan["budget"],
        unit=unit,
    )


def _unit(plan: Mapping[str, Any]) -> str:
    """The unit of costs as it is written after a number."""
    unit = plan.get("cost_unit") or ""
    return f" {unit}" if unit and unit.isascii() else unit


def site_name(site: Mapping[str, Any]) -> str:
    """What a site is called: its own name and the units it lies in, else its coordinates."""
    parts = [part for part in (site.get("name"), site["unit"]) if part]
    return " · ".join(parts) or f"{site['lon']:.5f}, {site['lat']:.5f}"


def reasons(site: Mapping[str, Any], plan: Mapping[str, Any], standard: Standard) -> Iterator[Text]:
    """Why a site is where it is, one sentence after the other."""
    if site.get("saved_m") is not None:
        said = text(
            "It shortens the way of {residents_nearer:,.0f} residents by {saved_m:,.0f} m on average; the "
            "longest way among them falls from {longest_m_before:,.0f} m to {longest_m_after:,.0f} m."
        )
        yield Text(said.template, dict(site))
    short, long = _WITHIN_REACH if "load" in site else _SERVED
    elderly = site.get("groups_gained", {}).get(ELDERLY)
    gained = {"gained": site["residents_gained"], "elderly": elderly}
    yield Text((short if elderly is None else long).template, gained)
    if site["residents_alone"] - site["residents_gained"] > _A_PERSON:
        yield text(
            "As the only new site it would serve {alone:,.0f}; the earlier ones serve the others.",
            alone=site["residents_alone"],
        )
    if "also_gained" in site:
        yield text("As a station it serves {also:,.0f} anew.", also=site["also_gained"])
    if "load" in site:
        yield text("It is to serve {load:,.0f} residents.", load=site["load"])
    for part in site.get("by_unit", [])[:1]:
        yield text(
            "{residents:,.0f} of them live in {unit} ({share:.1%} of the residents of that unit).",
            residents=part["residents"],
            unit=part["unit"],
            share=part["share"],
        )
    if site.get("nearest_m") is None:
        yield text("No existing facility can be reached from here.")
    else:
        yield Text(
            text("The nearest existing one is {name}, {metres:,.0f} m away ({by}).").template,
            {"name": site["nearest"], "metres": site["nearest_m"], "by": BY_TITLES[plan["by"]]},
        )
    yield from _failed(site, plan, standard)
    decided = some_of([text_from_json(condition) for condition in site.get("deciding", [])])
    if decided is not None:
        yield text("Conditions that decided here: {conditions}.", conditions=decided)
    if site.get("cost") is not None:
        yield text("It costs {cost:,.10g}{unit}.", cost=site["cost"], unit=_unit(plan))


def _failed(site: Mapping[str, Any], plan: Mapping[str, Any], standard: Standard) -> Iterator[Text]:
    """The other rules that those newly served did not meet; rules that as many missed are named together."""
    known = {rule.id: rule for rule in standard.rules}
    own = site.get("rule", plan["rule"])
    missed: dict[float, list[Text]] = {}
    for part in site.get("failed", []):
        if part["rule"] != own and part["rule"] in known:
            missed.setdefault(part["residents"], []).append(standard.rule_title(known[part["rule"]]))
    for residents, titles in sorted(missed.items(), reverse=True)[:_MOST_MISSED]:
        yield text(
            "Of them {residents:,.0f} did not meet this either: {rules}.",
            residents=residents,
            rules=some_of(titles),
        )


def deciding(plan: Mapping[str, Any]) -> Text | None:
    """The conditions that leave no room for a better plan, or None."""
    said = some_of([text_from_json(condition) for condition in plan.get("deciding", [])])
    return None if said is None else text("The plan is limited by: {conditions}.", conditions=said)


def some_of(parts: Sequence[Sayable], *, most: int = 4) -> Sayable | None:
    """Some texts as one, or None of none."""
    if not parts:
        return None
    said = parts[0]
    for part in parts[1:most]:
        said = text("{first}; {then}", first=said, then=part)
    return said if len(parts) <= most else text("{first} and {n} more", first=said, n=len(parts) - most)


def price_of_order(plan: Mapping[str, Any]) -> Text | None:
    """What building one after the other, best first, costs against the joint optimum on the way there."""
    points = plan.get("curve_bound", [])
    if len(points) < 2:
        return None
    worst = max(points, key=lambda point: point["best"] - point["in_order"])
    lost = worst["best"] - worst["in_order"]
    among = plan.get("among")
    open_ = max(points, key=lambda point: _share(point["bound"] - point["best"], point["best"]))
    if lost <= _A_PERSON and open_["bound"] - open_["best"] > _A_PERSON:
        return text(
            "Built in this order, every number of sites is as good as the best plan found of that number; at "
            "most {share:.2%} more is possible among the places compared (with {sites}).",
            share=rounded_up(_share(open_["bound"] - open_["best"], open_["best"]), 1e-4),
            sites=open_["sites"],
        )
    if lost <= _A_PERSON:
        if among is not None and among["weighed"] < among["every"]:
            return text(
                "Built in this order, every number of sites is as good as the best plan of that number among "
                "the {weighed:,} places weighed.",
                weighed=among["weighed"],
            )
        return text("Built in this order, every number of sites is as good as the best plan of that number.")
    behind = {"share": rounded_up(_share(lost, worst["best"]), 1e-4), "sites": worst["sites"]}
    if plan["counted"] != "residents" or plan.get("tiers"):
        return text(
            "Built in this order, the plan falls behind the best found of the same number by at most "
            "{share:.2%} (with the first {sites}).",
            **behind,
        )
    return text(
        "Built in this order, the plan falls behind the best found of the same number by at most "
        "{lost:,.0f} residents (with the first {sites}: {share:.2%}).",
        lost=rounded_up(lost),
        **behind,
    )


def curve_counts(plan: Mapping[str, Any]) -> Text | None:
    """What the numbers of the curve count where it is not plainly residents served."""
    if plan.get("tiers"):
        return text("The numbers are the mean of the residents served by both tiers.")
    if plan["counted"] == "weighted":
        return text("The numbers count residents by the weights asked for.")
    if plan["counted"] == "residential_land":
        return text("The numbers are m² of residential land.")
    return None


def redundancy(plan: Mapping[str, Any], standard: Standard) -> Iterator[Text]:
    """How many existing facilities could close alone without any rule of the standard getting worse, by
    kind, and which rules keep the others; nothing of an older plan, which knew of one rule only."""
    rows = plan.get("redundancy", [])
    if not rows or any("rules" not in row for row in rows):
        return
    spare = [row for row in rows if not row["rules"]]
    untried = [_rule_title(standard, rule) for rule in plan.get("not_tried", ())]
    template = (
        text("Of {all} existing facilities ({kinds}) {spare} could close alone without any rule of the "
             "standard that was tried getting worse{which}. Closing several at once needs a relocation plan.")
        if untried
        else text("Of {all} existing facilities ({kinds}) {spare} could close alone without any rule of the "
                  "standard getting worse{which}. Closing several at once needs a relocation plan.")
    )  # fmt: skip
    said = {
        "all": len(rows), "kinds": _by_kind(rows, standard), "spare": len(spare),
        "which": text(" ({kinds})", kinds=_by_kind(spare, standard)) if spare else "",
    }  # fmt: skip
    yield Text(template.template, said)
    if untried:
        yield text(
            "What a closing does to these rules was not tried: {rules}.", rules=some_of(untried, most=9)
        )
    kept = [row for row in rows if row["rules"] and row["residents_lost"] < _A_PERSON]
    deciding: dict[str, int] = {}
    for row in kept:
        for loss in row["rules"]:
            deciding[loss["rule"]] = deciding.get(loss["rule"], 0) + 1
    ranked = sorted(deciding.items(), key=lambda pair: -pair[1])
    if kept:
        yield text(
            "The rule of this plan would lose nobody by closing {n} more, but other rules would get worse: "
            "{rules}.",
            n=len(kept),
            rules=some_of([remarked(_rule_title(standard, rule), n) for rule, n in ranked]),
        )


def _by_kind(rows: Sequence[Mapping[str, Any]], standard: Standard) -> Sayable | None:
    """How many of each kind: “service centre 12; service station 30”."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["tier"]] = counts.get(row["tier"], 0) + 1
    return some_of([text("{kind} {n}", kind=standard.tier_title(tier), n=n) for tier, n in counts.items()])


def _rule_title(standard: Standard, rule_id: str) -> Sayable:
    return next((standard.rule_title(rule) for rule in standard.rules if rule.id == rule_id), rule_id)


def worse_rules(row: Mapping[str, Any], standard: Standard) -> Sayable:
    """The rules that get worse if this one closes, each with whom and what it loses."""
    said = []
    for loss in row.get("rules", ()):
        title = _rule_title(standard, loss["rule"])
        if loss["units"]:
            said.append(
                text(
                    "{rule}: {residents:,.0f} residents, {units} {units:unit|units}",
                    rule=title,
                    residents=loss["residents"],
                    units=loss["units"],
                )
            )
        else:
            said.append(text("{rule}: {residents:,.0f} residents", rule=title, residents=loss["residents"]))
    return some_of(said, most=3) or text("none")


def notes(plan: Mapping[str, Any]) -> list[Text]:
    return [text_from_json(note) for note in plan.get("notes", [])]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
