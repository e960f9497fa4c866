"""What stands beside the map: title, verdicts, legend, credits, watermark. Plain HTML; `map.js` folds it
and hides what is not on the map from the legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.text import text
from coverage.model.verdict_rows import PRESENT, VerdictRow
from maps import palette
from maps.cell_layers import rules_shown
from maps.figures import people
from maps.layers import Studio
from maps.model import Words
from maps.overlays import change_words
from maps.safe_text import Voice

# By verdict: its mark and its word; "" is a rule that was not judged.
VERDICT_WORDS: Final = {
    "meets": ("✓", text("meets")),
    "nearly": ("≈", text("nearly meets")),
    "not": ("✕", text("does not meet")),
    "": ("–", text("not judged")),
}


def panel(studio: Studio, profile: str) -> str:
    """The folding panel; on a narrow screen the script folds it."""
    model, voice = studio.model, studio.voice
    badges = []
    if model.scenario:
        badges.append(("scenario", voice(model.scenario)))
    if model.synthetic:
        badges.append(("synthetic", voice(text("Synthetic data: a fictional city"))))
    if profile == "internal":
        badges.append(("internal", voice(text("Internal document"))))
    shown = "".join(f'<span class="badge {kind}">{words}</span>' for kind, words in badges)
    return (
        f'<aside id="panel"><header><h1>{voice(model.title)}</h1>'
        f'<p class="subtitle">{voice(model.subtitle)}</p><div class="badges">{shown}</div></header>'
        f"{_remarks(studio)}{_results(studio)}{_legend(studio)}</aside>"
    )


def _remarks(studio: Studio) -> str:
    """What limits the trust in the figures: open, above them."""
    if not studio.model.remarks:
        return ""
    items = "".join(f"<li>{studio.voice(said)}</li>" for said in studio.model.remarks)
    title = studio.voice(text("What limits these figures"))
    return f'<details class="remarks" data-wide open><summary>{title}</summary><ul>{items}</ul></details>'


def credits_line(studio: Studio, profile: str) -> str:
    """Data sources, coordinate system and, on public maps, the place for the review number."""
    model, voice = studio.model, studio.voice
    words = [*model.credits, model.crs_note]
    if model.synthetic:
        words.insert(0, text("Synthetic data: a fictional city"))
    if profile == "public":
        words.append(text("Map review number: ____________"))
    return f'<div id="credits">{" · ".join(voice(w) for w in words if w)}</div>'


def watermark(studio: Studio, profile: str) -> str:
    """Faint words across the map, so that a photograph of the screen still says what it is; nothing on a
    public map of things as they are."""
    said = [studio.model.scenario] if studio.model.scenario else []
    if profile == "internal":
        said.append(text("Internal document"))
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
    items = "".join(_verdict(voice, row, studio.model.compared_with) for row in rows)
    title = voice(text("Verdicts"))
    return (
        f'<details class="results" data-wide open><summary>{title}'
        f'<span class="tally">{tally}</span></summary><ul class="verdicts">{items}</ul></details>'
    )


def _verdict(voice: Voice, row: VerdictRow, compared_with: Words) -> str:
    mark, said = VERDICT_WORDS[row.verdict or ""]
    colour = palette.VERDICTS.get(row.verdict or "", "#4b5765")
    facts: list[tuple[Words, str]] = [(text("Figure"), voice(row.figure))]
    if row.before is None or row.change is None:
        facts.append((PRESENT, f"<b>{voice(row.actual)}</b>"))
    else:
        facts.append((compared_with, voice(row.before)))
        facts.append((text("Scenario"), f"<b>{voice(row.actual)}</b>"))
        facts.append((text("Change"), f"<b>{voice(row.change)}</b>"))
    if row.missed:
        facts.append((row.missed_title, f"<b>{people(voice, row.missed)}</b>"))
    if row.remark is not None:
        facts.append((text("Remark"), voice(row.remark)))
    numbers = " · ".join(f"{voice(name)} {value}" for name, value in facts)
    return (
        f'<li><span class="rule">{voice(row.title)}</span>'
        f'<span class="said" style="color:{colour}">{mark} {voice(said)}</span>'
        f'<span class="numbers">{numbers}</span></li>'
    )


def _legend(studio: Studio) -> str:
    title = studio.voice(text("Legend"))
    return (
        f'<details class="legend" data-wide open><summary>{title}</summary>'
        f'<div class="legend-body">{_cell_legend(studio)}<ul class="keys">'
        f"{''.join(_facility_keys(studio))}{''.join(_scenario_keys(studio))}{''.join(_other_keys(studio))}"
        "</ul></div></details>"
    )


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
    walking = {"cells_walk": text("Walking time to the nearest service point")}
    return (
        _colour_list(voice, changes, palette.CHANGES, change_words())
        + _colour_list(voice, rules, palette.OUTCOMES, outcomes)
        + _colour_list(voice, walking, palette.walk_colours(len(limits)), minutes)
    )


def _colour_list(
    voice: Voice, titles: Mapping[str, Words], colours: Sequence[str], said: Sequence[Words]
) -> str:
    """`titles` by the key of the layer that has these colours."""
    if not titles:
        return ""
    heads = "".join(f'<h2 data-for="{layer}">{voice(title)}</h2>' for layer, title in titles.items())
    layers = " ".join(titles)
    keys = "".join(
        _key(_box(colour), voice(words), layers) for colour, words in zip(colours, said, strict=True)
    )
    return f'{heads}<ul class="colours">{keys}</ul>'


def _facility_keys(studio: Studio) -> Iterator[str]:
    present = set(studio.model.facilities["tier"])
    for position, (tier, title) in enumerate(studio.model.tier_titles.items()):
        if tier in present:
            fill, outline, radius = palette.tier_mark(position)
            dot = (
                f'<circle cx="12" cy="8" r="{radius:g}" fill="{fill}" stroke="{outline}" stroke-width="1.5"/>'
            )
            yield _key(_svg(dot), studio.voice.headline(title), f"facilities_{position}")


def _scenario_keys(studio: Studio) -> Iterator[str]:
    model = studio.model
    if "in_scenario" in model.facilities and (model.facilities["in_scenario"] != "").any():
        ring = palette.IN_SCENARIO["color"]
        circle = f'<circle cx="12" cy="8" r="6.5" fill="none" stroke="{ring}" stroke-width="2.5"/>'
        words = studio.voice(text("New or moved in the scenario"))
        yield _key(_svg(circle), words, "facilities_in_scenario")


def _other_keys(studio: Studio) -> Iterator[str]:
    voice, model = studio.voice, studio.model
    if len(model.gaps):
        rank = (
            f'<circle cx="12" cy="8" r="6.5" fill="#fff" stroke="{palette.GAP["outline"]}" stroke-width="2"/>'
            f'<text x="12" y="11.6" text-anchor="middle" fill="{palette.GAP["outline"]}">1</text>'
        )
        layers = " ".join(f"gaps_rank_{number}" for number in range(len(rules_shown(model))))
        yield _key(_svg(rank), voice(text("Gap, by residents")), layers)
    if model.gap_parts is not None and len(model.gap_parts):
        part = (
            f'<rect x="1" y="2" width="22" height="12" rx="6" fill="#fff" stroke="{palette.GAP["outline"]}" '
            f'stroke-dasharray="3 2"/><text x="12" y="11" text-anchor="middle" font-size="8" '
            f'fill="{palette.GAP["outline"]}">1-2</text>'
        )
        layers = " ".join(f"gaps_flags_{number}" for number in range(len(rules_shown(model))))
        yield _key(_svg(part), voice(text("Part of a large gap: one more facility")), layers)
    if model.sites is not None and len(model.sites):
        diamond = f'<path d="M12 1l7 7-7 7-7-7z" fill="{palette.SITE["fill"]}"/>'
        yield _key(_svg(diamond), voice(text("Suggested site")), "sites")
    if model.other_plans:
        stroke = f'fill="#fff" stroke="{palette.SITE["fill"]}" stroke-width="1.5" stroke-dasharray="3 2"'
        layers = " ".join(f"other_plan_{number}" for number in range(len(model.other_plans)))
        yield _key(
            _svg(f'<path d="M12 1l7 7-7 7-7-7z" {stroke}/>'), voice(text("Site of another plan")), layers
        )
    yield from _overlay_keys(studio)
    for number, rule in enumerate(model.radius_rules):
        look = palette.radius_style(number)
        ring = f'stroke="{look["outline"]}" stroke-width="1.5" stroke-dasharray="{look["dash"]}"'
        circle = f'<circle cx="12" cy="8" r="6.5" fill="{look["fill"]}" fill-opacity=".12" {ring}/>'
        yield _key(
            _svg(circle), voice(text("Radius {figure:,g} m", figure=rule.figure_m)), f"radius_{number}"
        )


def _overlay_keys(studio: Studio) -> Iterator[str]:
    """Shapes and lines laid over the cells, each look once."""
    for layer in studio.model.areas:
        look = palette.OVERLAYS[layer.look]
        box = _box(str(look["fillColor"]), str(look["color"]), 0.6)
        yield _key(box, studio.voice(layer.title), f"area_{layer.key}")
    for path in studio.model.paths:
        drawn = palette.OVERLAYS[path.look]
        stroke = f'stroke="{drawn["color"]}" stroke-dasharray="{drawn.get("dashArray", "")}"'
        line = f'<path d="M2 8h20" stroke-width="4" {stroke}/>'
        yield _key(_svg(line), studio.voice(path.title), f"path_{path.key}")


def _box(fill: str, outline: str = "#00000033", opacity: float = 0.85) -> str:
    paint = f'fill="{fill}" fill-opacity="{opacity}" stroke="{outline}"'
    return _svg(f'<rect x="2" y="2" width="20" height="12" {paint}/>')


def _svg(inside: str) -> str:
    return f'<svg class="key" viewBox="0 0 24 16" aria-hidden="true">{inside}</svg>'


def _key(picture: str, words: str, layers: str) -> str:
    """A row that is seen as long as one of `layers` (keys with a space between) is on the map."""
    return f'<li data-for="{layers}">{picture}<span>{words}</span></li>'
