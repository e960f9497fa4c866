"""What stands beside the map: title, verdicts, legend, credits, watermark. Plain HTML; `map.js` folds it
and hides what is not on the map from the legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.text import Text, text
from coverage.model.gap_words import gap_place
from coverage.model.standard import level_title
from coverage.model.verdict_rows import PRESENT, VerdictRow
from maps import palette
from maps.cards import people
from maps.cell_layers import CHANGE_WORDS, UNSPOKEN, rules_shown
from maps.layers import Studio
from maps.model import NOT_SUBJECT, RadiusRule, Words
from maps.safe_text import Voice
from maps.units import units_fold

_GAPS_LISTED: Final = 10
_CHANGE: Final = text("Change")
# What a small sheet of paper leaves out, since the figures on either side stand there.
_IN_WIDE: Final = ' class="in-wide"'
# By verdict: its mark and its word; "" is a rule that was not judged.
VERDICT_WORDS: Final = {
    "meets": ("✓", text("meets")),
    "nearly": ("≈", text("nearly meets")),
    "not": ("✕", text("does not meet")),
    "": ("–", text("not judged")),
}


def panel(studio: Studio, profile: str) -> str:
    """The folding panel, what limits the trust in the figures above them; on a narrow screen the script
    folds it."""
    model, voice = studio.model, studio.voice
    badges = []
    if model.scenario:
        badges.append(("scenario", voice(model.scenario)))
    if model.synthetic:
        badges.append(("synthetic", voice(text("Synthetic data: a fictional city"))))
    if profile == "internal":
        badges.append(("internal", voice(model.mark or text("Internal document"))))
    shown = "".join(f'<span class="badge {kind}">{words}</span>' for kind, words in badges)
    remarks = ""
    if model.remarks:
        items = "".join(f"<li>{voice(said)}</li>" for said in model.remarks)
        limits = voice(text("What limits these figures"))
        remarks = (
            f'<details class="remarks" data-wide open><summary>{limits}</summary><ul>{items}</ul></details>'
        )
    keys, legend_title = "".join(_layer_keys(studio)), voice(text("Legend"))
    legend = (
        f'<details class="legend" data-wide open><summary>{legend_title}</summary>'
        f'<div class="legend-body">{_cell_legend(studio)}<ul class="keys">{keys}</ul></div></details>'
    )
    ground = "".join(_ground_keys(studio))
    if ground:
        ground_title = voice(text("Legend of the ground"))
        legend += (
            f'<details class="ground-legend"><summary>{ground_title}</summary>'
            f'<div class="legend-body"><ul class="keys">{ground}</ul></div></details>'
        )
    return (
        f'<aside id="panel"><header>{_scheme(voice)}<h1>{voice(model.title)}</h1>'
        f'<p class="subtitle">{voice(model.subtitle)}</p><div class="badges">{shown}</div>{_headline(studio)}'
        f"</header>{_search(voice)}{remarks}{_results(studio)}{_gap_lists(studio)}{units_fold(studio)}{legend}{_strip(studio)}</aside>"
        f'<div id="caption" hidden aria-live="polite"><p></p><small></small></div>{_slide(studio)}'
    )


def _scheme(voice: Voice) -> str:
    said = voice(text("Dark or light (key D)"))
    return f'<button type="button" id="scheme" title="{said}" aria-label="{said}">◐</button>'


def _slide(studio: Studio) -> str:
    """The line between before and after, with a place for the figure of either side; the script shows it."""
    if not studio.model.changes:
        return ""
    called = studio.voice(text("Line between before (left) and after (right): arrow keys move it"))
    look = 'role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50"'
    return (
        f'<div id="slide" hidden><p class="before"></p><p class="after"></p>'
        f'<div class="line" {look} aria-label="{called}"><span aria-hidden="true">⇔</span></div></div>'
    )


def credits_line(studio: Studio, profile: str) -> str:
    """Data sources, coordinate system and, on public maps, the place for the review number."""
    model, voice = studio.model, studio.voice
    words = [*model.credits, model.crs_note]
    if model.synthetic:
        words.insert(0, text("Synthetic data: a fictional city"))
    if profile == "public":
        words.append(model.mark or text("Map review number: ____________"))
    return f'<div id="credits">{" · ".join(voice(w) for w in words if w)}</div>'


def watermark(studio: Studio, profile: str) -> str:
    """Faint words across the map, so that a photograph of the screen still says what it is; nothing on a
    public map of things as they are."""
    said = [studio.model.scenario] if studio.model.scenario else []
    if profile == "internal":
        said.append(studio.model.mark or text("Internal document"))
    if not said:
        return ""
    words = " · ".join(studio.voice(part) for part in said)
    return (
        '<svg id="watermark" aria-hidden="true"><defs><pattern id="marks" width="420" height="260" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(-24)">'
        f'<text x="20" y="120">{words}</text></pattern></defs>'
        '<rect width="100%" height="100%" fill="url(#marks)"/></svg>'
    )


def _results(studio: Studio) -> str:
    rows, voice = studio.model.verdicts, studio.voice
    if not rows:
        return ""
    counted = Counter(row.verdict for row in rows)
    tally = " · ".join(
        f'<span style="color:{palette.VERDICTS[key]}">{mark} {counted[key]}</span>'
        for key, (mark, _) in VERDICT_WORDS.items()
        if key and counted[key]
    )
    layers = {rule: f"rule_{number}" for number, rule in enumerate(rules_shown(studio.model))}
    items = "".join(
        _verdict(voice, row, (studio.model.compared_with, studio.model.called), layers.get(row.rule.id, ""))
        for row in rows
    )
    title = voice(text("Verdicts"))
    return (
        f'<details class="results" data-wide open><summary>{title}'
        f'<span class="tally">{tally}</span></summary><ul class="verdicts">{items}</ul></details>'
    )


def _verdict(voice: Voice, row: VerdictRow, called: tuple[Words, Words], layer: str) -> str:
    """A row; `called` are before and after. Where the map can be coloured by its rule, a click does that."""
    mark, said = VERDICT_WORDS[row.verdict or ""]
    colour = palette.VERDICTS.get(row.verdict or "", "#4b5765")
    facts: list[tuple[Words, str]] = [(text("Figure"), voice(row.figure))]
    if row.before is None or row.change is None:
        facts.append((PRESENT, f"<b>{voice(row.actual)}</b>"))
    else:
        facts.append((called[0], voice(row.before)))
        facts.append((called[1], f"<b>{voice(row.actual)}</b>"))
        facts.append((_CHANGE, f"<b>{voice(row.change)}</b>"))
    if row.missed:
        facts.append((row.missed_title, f"<b>{people(voice, row.missed)}</b>"))
    if row.remark is not None:
        facts.append((text("Remark"), voice(row.remark)))
    numbers = "".join(
        f"<span{_IN_WIDE if name == _CHANGE else ''}>{' · ' if number else ''}{voice(name)} {value}</span>"
        for number, (name, value) in enumerate(facts)
    )
    named = f'<span class="rule">{voice(row.title)}</span>'
    if layer:
        named = f'<button type="button" class="rule go" data-shows="{layer}">{voice(row.title)}</button>'
    return (
        f"<li>{named}"
        f'<span class="said" style="color:{colour}">{mark} {voice(said)}</span>'
        f'<span class="numbers">{numbers}</span></li>'
    )


def _headline(studio: Studio) -> str:
    said = studio.model.headline
    return f'<p class="headline">{studio.voice(said)}</p>' if said else ""


def _search(voice: Voice) -> str:
    """Facilities and units by name; the script finds them in what is drawn."""
    asked = voice(text("Search: facility, street, community"))
    return (
        f'<div class="search"><input type="search" id="search" aria-label="{asked}" placeholder="{asked}" '
        f'autocomplete="off"><ul id="found"></ul></div>'
    )


def _gap_lists(studio: Studio) -> str:
    """The largest gaps of each rule beside the map; that of the rule shown is seen, a click goes there."""
    model, voice = studio.model, studio.voice
    lists = []
    for number, rule in enumerate(rules_shown(model)):
        rows = model.gaps[model.gaps["rule"] == rule].sort_values("rank").head(_GAPS_LISTED)
        if not len(rows):
            continue
        items = []
        for row in rows.to_dict("records"):
            west, south, east, north = (round(edge, 4) for edge in row["geometry"].bounds)
            rank = int(row["rank"])
            place = voice(gap_place(row) if row["unit"] else text("Gap {rank}", rank=rank))
            items.append(
                f'<li><button type="button" class="go" data-box="{south},{west},{north},{east}">'
                f"{rank}. {place}</button><b>{people(voice, float(row['residents']))}</b></li>"
            )
        lists.append(f'<ul class="gap-list" data-for="gaps_rank_{number}">{"".join(items)}</ul>')
    if not lists:
        return ""
    title = voice(text("Largest gaps (residents)"))
    return f'<details class="gaps"><summary>{title}</summary>{"".join(lists)}</details>'


def _strip(studio: Studio) -> str:
    voice = studio.voice
    if not studio.model.strip:
        return ""
    rows = "".join(f"<dt>{voice(term)}</dt><dd>{voice(value)}</dd>" for term, value in studio.model.strip)
    title = voice(text("About this map"))
    return f'<details class="strip"><summary>{title}</summary><dl>{rows}</dl></details>'


def _cell_legend(studio: Studio) -> str:
    """What the colours of the cells mean, under the title of the rule shown; the script hides the others."""
    if studio.image is None:
        return ""
    model, voice = studio.model, studio.voice
    limits = model.cells.walk_limits_min
    minutes = [text("up to {minutes:g} min", minutes=limit) for limit in limits]
    minutes.append(text("more, or out of reach"))
    outcomes = [text("Served"), text("Not served"), text("The rule does not apply")]
    changes = {f"change_image_{n}": change.title for n, change in enumerate(model.changes)}
    rules = {f"cells_{n}": outcome.title for n, outcome in enumerate(model.cells.outcomes)}
    rules |= {f"slide_after_{n}": change.title for n, change in enumerate(model.changes)}
    walking = {"cells_walk": text("Walking time to the nearest service point")}
    return (
        _colour_list(voice, changes, palette.CHANGES, CHANGE_WORDS, hatched=UNSPOKEN)
        + _colour_list(voice, rules, palette.OUTCOMES, outcomes, hatched=NOT_SUBJECT)
        + _colour_list(voice, walking, palette.walk_colours(len(limits)), minutes)
    )


def _colour_list(
    voice: Voice,
    titles: Mapping[str, Words],
    colours: Sequence[str],
    said: Sequence[Words],
    *,
    hatched: int | None = None,
) -> str:
    """`titles` by the key of the layer that has these colours; that of the class `hatched` has lines."""
    if not titles:
        return ""
    heads = "".join(f'<h2 data-for="{layer}">{voice(title)}</h2>' for layer, title in titles.items())
    layers = " ".join(titles)
    keys = "".join(
        _key(_box(colour, hatched=number == hatched), voice(words), layers)
        for number, (colour, words) in enumerate(zip(colours, said, strict=True))
    )
    return f'{heads}<ul class="colours">{keys}</ul>'


def _layer_keys(studio: Studio) -> Iterator[str]:
    """What the marks, rings, shapes and lines mean, in the order of the layers."""
    voice, model = studio.voice, studio.model
    present = set(model.facilities["tier"])
    for position, (tier, title) in enumerate(model.tier_titles.items()):
        if tier in present:
            fill, outline, radius = palette.tier_mark(position)
            dot = f'r="{radius:g}" fill="{fill}" stroke="{outline}" stroke-width="1.5"'
            yield _key(_circle(dot), voice.headline(title), f"facilities_{position}")
    if "in_scenario" in model.facilities and (model.facilities["in_scenario"] != "").any():
        ring = f'r="6.5" fill="none" stroke="{palette.IN_SCENARIO["color"]}" stroke-width="2.5"'
        words = voice(text("New or moved in the scenario"))
        yield _key(_circle(ring), words, "facilities_in_scenario")
    if len(model.gaps):
        outline = palette.GAP["outline"]
        one = f'<text x="12" y="11.6" text-anchor="middle" fill="{outline}">1</text>'
        rank = _circle(f'r="6.5" fill="#fff" stroke="{outline}" stroke-width="2"', one)
        layers = " ".join(f"gaps_rank_{number}" for number in range(len(rules_shown(model))))
        yield _key(rank, voice(text("Gap, by residents")), layers)
        if model.gap_parts is not None and len(model.gap_parts):
            pill = f'<rect x="1" y="2" width="22" height="12" rx="6" fill="#fff" stroke="{outline}"/>'
            two = f'<text x="12" y="11" text-anchor="middle" font-size="8" fill="{outline}">1-2</text>'
            layers = " ".join(f"gaps_flags_{number}" for number in range(len(rules_shown(model))))
            yield _key(_svg(pill + two), voice(text("Part of a large gap: one more facility")), layers)
    fill = palette.SITE["fill"]
    if model.sites is not None and len(model.sites):
        diamond = f'<path d="M12 1l7 7-7 7-7-7z" fill="{fill}"/>'
        yield _key(_svg(diamond), voice(text("Suggested site")), "sites")
    if model.other_plans:
        stroke = f'fill="#fff" stroke="{fill}" stroke-width="1.5" stroke-dasharray="3 2"'
        layers = " ".join(f"other_plan_{number}" for number in range(len(model.other_plans)))
        diamond = f'<path d="M12 1l7 7-7 7-7-7z" {stroke}/>'
        yield _key(_svg(diamond), voice(text("Site of another plan")), layers)
    for layer in model.areas:
        look = palette.OVERLAYS[layer.look]
        box = _box(str(look["fillColor"]), str(look["color"]), 0.6)
        yield _key(box, voice(layer.title), f"area_{layer.key}")
    for path in model.paths:
        look = palette.OVERLAYS[path.look]
        stroke = f'stroke="{look["color"]}" stroke-dasharray="{look.get("dashArray", "")}"'
        line = f'<path d="M2 8h20" stroke-width="4" {stroke}/>'
        yield _key(_svg(line), voice(path.title), f"path_{path.key}")
    for number, rule in enumerate(model.radius_rules):
        style = palette.radius_style(number)
        ring = f'stroke="{style["outline"]}" stroke-width="1.5" stroke-dasharray="{style["dash"]}"'
        circle = _circle(f'r="6.5" fill="{style["fill"]}" fill-opacity=".12" {ring}')
        yield _key(circle, voice(_radius_words(rule)), f"radius_{number}")


def _ground_keys(studio: Studio) -> Iterator[str]:
    """Streets, water, green and borders as they are drawn."""
    basemap, voice = studio.model.basemap, studio.voice
    streets = {0: text("Small street or path"), 1: text("Street"), 2: text("Main road")}
    for number in sorted(basemap.streets, reverse=True):
        if len(basemap.streets[number]) and number in streets:
            style = palette.STREETS[number]
            casing = _line(str(style.get("casing", "none")), float(style.get("casing_width", 0)))  # type: ignore[arg-type]
            line = _line(str(style["line"]), max(float(style["width"]), 1.0))  # type: ignore[arg-type]
            yield _key(_svg(casing + line), voice(streets[number]), "streets")
    if len(basemap.water) or len(basemap.water_lines):
        yield _key(_box(palette.GROUND["water"], opacity=1), voice(text("Water")), "areas")
    if len(basemap.green):
        yield _key(_box(palette.GROUND["green"], opacity=1), voice(text("Green")), "areas")
    for level, style in palette.OUTLINES.items():
        if len(basemap.outlines.get(level, ())):
            dash = " ".join(map(str, style["dash"]))  # type: ignore[call-overload]
            line = _line(str(style["line"]), max(float(style["width"]), 1.0), dash)  # type: ignore[arg-type]
            yield _key(
                _svg(line), voice(text("Borders: {level}", level=level_title(level))), f"borders_{level}"
            )


def _line(colour: str, width: float, dash: str = "") -> str:
    return f'<path d="M1 8h22" stroke="{colour}" stroke-width="{width:g}" stroke-dasharray="{dash}"/>'


def _radius_words(rule: RadiusRule) -> Text:
    if rule.each_m is not None and len(rule.each_m) and rule.each_m.min() < rule.figure_m:
        low = float(rule.each_m.min())
        return text("Radius {low:,g} to {figure:,g} m, by size", low=low, figure=rule.figure_m)
    return text("Radius {figure:,g} m", figure=rule.figure_m)


def _circle(attributes: str, over: str = "") -> str:
    return _svg(f'<circle cx="12" cy="8" {attributes}/>{over}')


def _box(fill: str, outline: str = "#00000033", opacity: float = 0.85, *, hatched: bool = False) -> str:
    paint = f'fill="{fill}" fill-opacity="{opacity}" stroke="{outline}"'
    lines = f'<path d="M2 5h20M2 8h20M2 11h20" stroke="{palette.HATCH}"/>' if hatched else ""
    return _svg(f'<rect x="2" y="2" width="20" height="12" {paint}/>{lines}')


def _svg(inside: str) -> str:
    return f'<svg class="key" viewBox="0 0 24 16" aria-hidden="true">{inside}</svg>'


def _key(picture: str, words: str, layers: str) -> str:
    """A row that is seen as long as one of `layers` (keys with a space between) is on the map."""
    return f'<li data-for="{layers}">{picture}<span>{words}</span></li>'
