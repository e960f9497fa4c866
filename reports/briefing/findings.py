"""What a result comes to, in sentences whose every figure says where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from core.text import Sayable, Text, listed, remarked, text
from coverage.model.standard import ANY_TIER, Check, Rule, Standard, classes_title
from coverage.model.verdict_rows import before_title, figure_title, rule_before, summary
from coverage.publish import Results
from reports.briefing.model import Bar, Bars, Figure, KeyFigure, Said
from reports.briefing.numbers import exact, people, share
from reports.briefing.period import what_changed
from reports.plan import words as plan_words

_MOST_UNITS: Final = 3
_MOST_BARS: Final = 12
_MOST_OF: Final = 0.5
# Less than this is nobody.
_A_PERSON: Final = 0.5
_WHO: Final = {
    "urban": text("{said} urban {n:resident|residents}"),
    "rural": text("{said} rural {n:resident|residents}"),
    "any": text("{said} {n:resident|residents}"),
}
_OF_WHOM: Final = {
    "urban": text("urban residents"),
    "rural": text("rural residents"),
    "any": text("people"),
}


def headline(results: Results) -> Said:
    """One sentence: who is not served, by which rule, where; of a plan or a scenario before and after."""
    rule = results.main_rule
    if rule is None:
        return tally(results)
    if results.plan is not None and results.plan.plan["sites"]:
        return _planned(results, rule)
    if results.document.get("before"):
        return _compared(results, rule)
    return present(results, rule, public=False)


def headline_public(results: Results) -> Said:
    """The same without the names of units."""
    rule = results.main_rule
    if rule is None or results.plan is not None or results.document.get("before"):
        return headline(results)
    return present(results, rule, public=True)


def present(results: Results, rule: Rule, *, public: bool) -> Said:
    """Whom the rule does not cover and where most of them live."""
    row = results.row(rule.id)
    if not row["residents"]:
        return Said(
            text("Nobody lives where the rule “{rule}” applies.", rule=results.standard.rule_title(rule))
        )
    said: dict[str, Sayable] = {"tier": tier_words(rule, results.standard), "reach": reach_words(rule)}
    whole = people(f"rules[{rule.id}].residents", row["residents"])
    if not row["residents_missed"]:
        who = _who(rule, whole)
        return Said(
            Text(text("All {who} have a {tier} within {reach}.").template, {"who": who, **said}), (whole,)
        )
    missed = people(f"rules[{rule.id}].residents_missed", row["residents_missed"])
    part = share(
        f"rules[{rule.id}].residents_missed / rules[{rule.id}].residents", missed.value / whole.value
    )
    said |= {"who": _who(rule, missed), "share": part.words}
    figures = [missed, part]
    worst, most = ([], False) if public else _worst_units(results, rule)
    if not worst:
        template = text("{who} have no {tier} within {reach} ({share}).")
        return Said(Text(template.template, said), tuple(figures))
    places = [text("{unit} ({n})", unit=name, n=figure.words) for name, figure in worst]
    figures += [figure for _, figure in worst]
    said["units"] = listed(places)
    template = (
        text("{who} have no {tier} within {reach} ({share}), most of them in {units}.")
        if most
        else text("{who} have no {tier} within {reach} ({share}); the largest numbers are in {units}.")
    )
    return Said(Text(template.template, said), tuple(figures))


def _planned(results: Results, rule: Rule) -> Said:
    """By the plan's (first) tier: how many are left without, before and after building."""
    plan = results.plan.plan if results.plan is not None else {}
    at, part = ("plan.tiers[0]", plan["tiers"][0]) if plan.get("tiers") else ("plan", plan)
    own = results.standard.rule(part.get("rule", rule.id))
    before, after = (
        people(f"{at}.residents - {at}.residents_{when}", part["residents"] - part[f"residents_{when}"])
        for when in ("before", "after")
    )
    shares = _two_shares((before, after), f"{at}.residents", part["residents"])
    count, closed = exact(f"{at}.count", part["count"]), len(plan.get("closed", ()))
    if plan_words.has_loads(plan):
        said = text(
            "With {what} and their limits of load, {who} not served would number {after} ({share_after}); "
            "today without a {served} within {reach}: {before} ({share_before})."
        )
    elif after.value < before.value:
        said = text(
            "With {what}, {who} without a {served} within {reach} would fall from today’s {before} to "
            "{after} ({share_before} to {share_after})."
        )
    else:
        said = text(
            "With {what}, {who} without a {served} within {reach} would not become fewer: today {before}, "
            "then {after} ({share_before} and {share_after})."
        )
    values = {
        "what": _built(results.standard.tier_title(part["tier"]), count, closed),
        "who": _OF_WHOM[results.standard.rule(part.get("band_rule") or own.id).settlement],
        "served": tier_words(own, results.standard), "reach": reach_words(own), "before": before.words,
        "after": after.words, "share_before": shares[0].words, "share_after": shares[1].words,
    }  # fmt: skip
    return Said(Text(said.template, values), (count, before, after, *shares))


def _built(tier: Sayable, count: Figure, closed: int) -> Text:
    """What a plan builds and closes."""
    values = {"count": count.words, "n": count.value, "tier": tier, "closed": closed}
    if not closed:
        return Text(text("the plan’s {count} new {n:site|sites} ({tier})").template, values)
    said = text(
        "the plan’s {count} new {n:site|sites} ({tier}) and {closed} existing "
        "{closed:facility|facilities} closed"
    )
    return Text(said.template, values)


def _compared(results: Results, rule: Rule) -> Said:
    """Of a scenario or a period: how many are left without, before and after."""
    document = results.document
    now = results.row(rule.id)
    old = next((row for row in (document.get("before") or {}).get("rules", ()) if row["id"] == rule.id), None)
    of_two = document.get("scenario") or (document.get("before") or {}).get("day")
    if old is None or not of_two or not now["residents"] or not old["residents"]:
        return present(results, rule, public=False)
    pair = [(f"before.rules[{rule.id}]", old), (f"rules[{rule.id}]", now)]
    before, after = (people(f"{at}.residents_missed", row["residents_missed"]) for at, row in pair)
    shares = [
        share(f"{at}.residents_missed / {at}.residents", row["residents_missed"] / row["residents"])
        for at, row in pair
    ]
    if document["before"].get("day"):
        return _since(results, rule, (before, after), (shares[0], shares[1]))
    said = text(
        "In the scenario “{name}” {who} without a {tier} within {reach} number {after} ({share_after}); "
        "{what}: {before} ({share_before})."
    )
    was, what = rule_before(rule, now, old), _against(document)
    values = {
        "name": document["scenario"], "who": _OF_WHOM[rule.settlement], "reach": reach_words(rule),
        "tier": tier_words(rule, results.standard),
        "what": what if was is None else remarked(what, text("by {figure}", figure=figure_title(was))),
        "before": before.words,
        "after": after.words, "share_before": shares[0].words, "share_after": shares[1].words,
    }  # fmt: skip
    return Said(Text(said.template, values), (before, after, *shares))


def gained_and_lost(results: Results, rule: Rule) -> Said | None:
    """Of a scenario: who is served anew and who no longer, where both happens and the sum would hide it."""
    changes = (results.document.get("before") or {}).get("changes", ())
    change = next((row for row in changes if row["id"] == rule.id), None)
    if change is None or min(change["gained"], change["lost"]) < _A_PERSON:
        return None
    gained, lost = (people(f"before.changes[{rule.id}].{key}", change[key]) for key in ("gained", "lost"))
    said = text("Of these residents {gained} are served anew and {lost} no longer.")
    return Said(Text(said.template, {"gained": gained.words, "lost": lost.words}), (gained, lost))


def _against(document: Mapping[str, Any]) -> Sayable:
    """What a scenario is compared with, in a sentence."""
    return before_title(document) if document["before"].get("scenario") else text("as things are")


def _since(
    results: Results, rule: Rule, missed: tuple[Figure, Figure], shares: tuple[Figure, Figure]
) -> Said:
    """From an earlier result to this one."""
    before = results.document["before"]
    said = text(
        "From {day} to {now} {who} without a {tier} within {reach} went from {before} ({share_before}) to "
        "{after} ({share_after})."
    )
    values = {
        "day": before["day"], "now": before["now"], "who": _OF_WHOM[rule.settlement],
        "reach": reach_words(rule), "tier": tier_words(rule, results.standard), "before": missed[0].words,
        "after": missed[1].words, "share_before": shares[0].words, "share_after": shares[1].words,
    }  # fmt: skip
    return Said(Text(said.template, values), (*missed, *shares))


def _two_shares(left: Sequence[Figure], whole_key: str, whole: float) -> list[Figure]:
    return [share(f"({one.key}) / {whole_key}", one.value / whole if whole else 0.0) for one in left]


def tally(results: Results) -> Said:
    """How many rules are met, nearly met and not met; of those that could be judged."""
    met, nearly, failed = summary(results.document)
    all_of = len(results.document["rules"])
    counts = {"meets": met, "nearly": nearly, "not": failed}
    figures = (
        exact("count(rules)", all_of),
        *(exact(f"count(rules|verdict={key})", n) for key, n in counts.items()),
    )
    said = {"standard": results.standard.title, "all": all_of, "met": met, "nearly": nearly, "failed": failed}
    if not all_of:
        return Said(text("“{standard}” has no rules: nothing is judged.", standard=results.standard.title))
    if met + nearly + failed == all_of:
        template = text("Of {all} {all:rule|rules} of “{standard}” {met} {met:is|are} met, {nearly} nearly "
                        "met and {failed} not met.")  # fmt: skip
    else:
        said["open"] = all_of - met - nearly - failed
        template = text("Of {all} {all:rule|rules} of “{standard}” {met} {met:is|are} met, {nearly} nearly "
                        "met, {failed} not met and {open} cannot be judged.")  # fmt: skip
    return Said(Text(template.template, said), figures)


def conclusion(results: Results, *, public: bool) -> Iterator[Said]:
    """The first page: what there is, how it is judged, who is left out, and who is on foot."""
    area = results.document["area"]
    standard = results.standard
    whole = people("area.residents", area["residents"])
    kinds = [
        (exact(f"area.facilities.{tier}", count), standard.tier_title(tier))
        for tier, count in area["facilities"].items()
    ]
    places = listed([text("{n} ({tier})", n=figure.words, tier=title) for figure, title in kinds])
    said = text("{city}: {n} residents; facilities that count: {places}.")
    values = {"city": area["name"], "n": whole.words, "places": places}
    yield Said(Text(said.template, values), (whole, *(figure for figure, _ in kinds)))
    since = what_changed(results.document, standard)
    if since is not None:
        yield since
    yield tally(results)
    rule = results.main_rule
    if rule is None:
        return
    yield headline(results) if results.document.get("before") else present(results, rule, public=public)
    further = gained_and_lost(results, rule), _elderly(results, rule), cut_off(results)
    yield from (said for said in further if said is not None)
    if results.plan is not None and results.plan.plan["sites"]:
        yield headline(results)


def _elderly(results: Results, rule: Rule) -> Said | None:
    table = results.extras.get("equity")
    if table is None or not len(table):
        return None
    rows = table[(table["rule"] == rule.id) & (table["id"] == "elderly")]
    if not len(rows) or not rows["beyond"].iloc[0] > 0:
        return None
    beyond = people(f"equity[{rule.id}|elderly].beyond", float(rows["beyond"].iloc[0]))
    return Said(text("{n} of those not covered are elderly.", n=beyond.words), (beyond,))


def cut_off(results: Results) -> Said | None:
    """Of those inside the circle: who has farther to walk than the standard's walk, or than the radius."""
    row = cut_off_row(results)
    if row is None or not row["in_radius"]:
        return None
    rule, key = results.standard.rule(row["rule"]), f"detours[{row['rule']}]"
    inside, cut = people(f"{key}.in_radius", row["in_radius"]), people(f"{key}.cut_off", row["cut_off"])
    part, walk = share(f"{key}.share", row["share"]), exact(f"{key}.walk_m", row["walk_m"])
    said = text("Of {inside} {of_whom} within {reach}, {cut} ({share}) have more than {walk} m to walk.")
    values = {
        "inside": inside.words, "of_whom": _OF_WHOM[rule.settlement], "reach": reach_words(rule),
        "cut": cut.words, "share": part.words, "walk": walk.words,
    }  # fmt: skip
    return Said(Text(said.template, values), (inside, cut, part, walk))


def cut_off_row(results: Results) -> Mapping[str, Any] | None:
    """The row of detours.csv of the main rule, else of the radius rule that it cuts most residents off."""
    table = results.extras.get("detours")
    if table is None or not len(table):
        return None
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    main = results.main_rule
    own = [row for row in rows if main is not None and row["rule"] == main.id]
    return (own or sorted(rows, key=lambda row: -float(row["cut_off"])))[0]


def key_figures(results: Results) -> Iterator[KeyFigure]:
    """Three figures: who is left out by the main rule, of those inside who cannot walk it, and by the widest
    walk rule; fewer where there are no such rules. Beside a plan they say that they are of today."""
    planned = results.plan is not None
    for one in _key_figures(results):
        yield replace(one, title=text("Today: {title}", title=one.title)) if planned else one


def _key_figures(results: Results) -> Iterator[KeyFigure]:
    rule, standard = results.main_rule, results.standard
    if rule is None:
        return
    yield _missed(results, rule)
    row = cut_off_row(results)
    if row is not None and row["in_radius"]:
        key = f"detours[{row['rule']}]"
        title = text("inside the circle, too far on foot (of those within {reach})",
                     reach=reach_words(standard.rule(row["rule"])))  # fmt: skip
        part, inside = share(f"{key}.share", row["share"]), people(f"{key}.in_radius", row["in_radius"])
        whole = text("{part:.1%} of {n} residents", part=part.value, n=inside.words)
        yield KeyFigure(people(f"{key}.cut_off", row["cut_off"]), title, whole, (part, inside))
    walks = [
        one for one in standard.rules
        if one.check is Check.WALK and one.id != rule.id and results.row(one.id)["residents"]
    ]  # fmt: skip
    if walks:
        yield _missed(
            results, max(walks, key=lambda one: (one.tier == ANY_TIER, one.limit_m(standard.walking)))
        )


def _missed(results: Results, rule: Rule) -> KeyFigure:
    row = results.row(rule.id)
    missed, whole = row["residents"] - row["residents_met"], row["residents"]
    title = text(
        "without a {tier} within {reach}", tier=tier_words(rule, results.standard), reach=reach_words(rule)
    )
    all_key = f"rules[{rule.id}].residents"
    key = f"{all_key} - rules[{rule.id}].residents_met"
    everybody = people(all_key, whole)
    part = share(f"({key}) / {all_key}", missed / whole if whole else 0.0)
    said = text("{part:.1%} of {who}", part=part.value, who=_who(rule, everybody))
    return KeyFigure(people(key, missed), title, said, (part, everybody) if whole else (everybody,))


def unit_bars(results: Results, rule: Rule) -> Bars | None:
    """The units of the widest level that has several, the worst first."""
    level, rows = _units_of(results, rule)
    if not rows:
        return None
    shown = sorted(rows, key=lambda row: (row["residents_met"] / row["residents"], row["name"]))[:_MOST_BARS]
    bars = []
    for row in shown:
        key = f"units[{level}|{rule.id}|{row['unit_id']}]"
        met = share(f"{key}.residents_met / {key}.residents", row["residents_met"] / row["residents"])
        missed = exact(f"{key}.residents - {key}.residents_met", row["residents"] - row["residents_met"])
        everybody = exact(f"{key}.residents", row["residents"])
        words = text("{missed:,.0f} of {all:,.0f} not covered", missed=missed.value, all=everybody.value)
        bars.append(Bar(row["name"], met, words, (missed, everybody)))
    said = text("{shown} of {all} units shown, the worst first", shown=len(bars), all=len(rows))
    return Bars(results.standard.rule_title(rule), said, tuple(bars))


def _units_of(results: Results, rule: Rule) -> tuple[str, list[dict[str, Any]]]:
    table = results.units[results.units["rule"] == rule.id]
    for level in ("district", "street", "community"):
        rows = table[(table["level"] == level) & (table["residents"] > 0)]
        if len(rows) > 1:
            return level, [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
    return "", []


def _worst_units(results: Results, rule: Rule) -> tuple[list[tuple[str, Figure]], bool]:
    """The units with most of those left out, and whether they hold most of them."""
    level, rows = _units_of(results, rule)
    left = sorted(((row["residents"] - row["residents_met"], row) for row in rows), key=lambda pair: -pair[0])
    total, found, held = sum(missed for missed, _ in left), [], 0.0
    for missed, row in left[:_MOST_UNITS]:
        if missed <= 0 or held > _MOST_OF * total:
            break
        key = f"units[{level}|{rule.id}|{row['unit_id']}]"
        found.append((str(row["name"]), people(f"{key}.residents - {key}.residents_met", missed)))
        held += missed
    return found, held > _MOST_OF * total


def reach_words(rule: Rule) -> Text:
    """How far a rule reaches: metres in a straight line or on foot, or minutes; or as the size of each
    facility says."""
    if rule.classes:
        way = text("in a straight line") if rule.check is Check.RADIUS else text("on foot")
        return text("its reach by size, {way} ({classes})", way=way, classes=classes_title(rule))
    if rule.check is Check.RADIUS:
        return text("{figure:,g} m in a straight line", figure=rule.limit)
    if rule.in_metres:
        return text("{figure:,g} m on foot", figure=rule.limit)
    return text("{figure:g} min on foot", figure=rule.limit)


def tier_words(rule: Rule, standard: Standard) -> Sayable:
    """What satisfies the rule: every tier that serves it, so that no sentence says less than was counted."""
    if rule.tier == ANY_TIER or not rule.serves:
        return standard.tier_title(rule.tier)
    first, *more = rule.serves
    said: Sayable = standard.tier_title(first)
    for tier in more:
        said = text("{first} or {then}", first=said, then=standard.tier_title(tier))
    return said


def _who(rule: Rule, figure: Figure) -> Text:
    return Text(_WHO[rule.settlement].template, {"said": figure.words, "n": figure.value})
