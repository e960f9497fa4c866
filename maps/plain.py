"""What the page says where the map cannot be drawn: a sentence, the verdicts as a table, a still picture.

It stands in the body from the beginning and is taken away when the map is there (`body.usable`), so a
browser without JavaScript, or one too old for it, or a mail program's preview, never shows an empty sheet.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.text import Text, text
from coverage.model.verdict_rows import PRESENT
from locales import LANGUAGES, translator
from maps import palette
from maps.cell_layers import rules_shown, walk_classes
from maps.cells_image import CellsImage
from maps.layers import Studio
from maps.model import NOT_SUBJECT, Words
from maps.panel import VERDICT_WORDS
from maps.safe_text import safe

_WIDEST_PX: Final = 900
_LOADING: Final = text(
    "The map is being drawn. If it does not appear, this browser cannot draw it: open the file in Chrome 65, "
    "Edge 79, Firefox 66 or newer. The verdicts and a still picture stand below."
)
_NO_SCRIPT: Final = text(
    "JavaScript is switched off, so the map cannot be drawn; the verdicts and a still picture stand below."
)


def plain_view(studio: Studio) -> str:
    """Safe HTML; the sentences are in both languages, since a reader may have neither the other one."""
    model, voice = studio.model, studio.voice
    waiting = "".join(f"<p>{sentence}</p>" for sentence in _both(studio, _LOADING))
    without = "".join(f"<p>{sentence}</p>" for sentence in _both(studio, _NO_SCRIPT))
    rows = "".join(
        f"<tr><td>{voice(row.title)}</td><td>{voice(row.figure)}</td><td>{voice(row.actual)}</td>"
        f"<td>{voice(VERDICT_WORDS[row.verdict or ''][1])}</td></tr>"
        for row in model.verdicts
    )
    actual = text("Scenario") if model.scenario else PRESENT
    called = " · ".join(f"<b>{voice(part)}</b>" for part in (model.scenario, model.title) if part)
    remarks = "".join(f"<p>{voice(said)}</p>" for said in model.remarks)
    head = "".join(
        f'<th scope="col">{voice(title)}</th>'
        for title in (text("Rule"), text("Figure"), actual, text("Verdict"))
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return (
        f'<section id="plain"><p>{called} · {voice(model.subtitle)}</p>{remarks}{waiting}'
        f"<noscript>{without}</noscript>{table}{_picture(studio)}</section>"
    )


def _both(studio: Studio, sentence: Text) -> list[str]:
    own = studio.voice.translate.language
    return [
        safe(translator(language)(sentence)) for language in sorted(LANGUAGES, key=lambda one: one != own)
    ]


def _picture(studio: Studio) -> str:
    """The cells by the main rule, or by walking time: what the map shows first, no wider than a page."""
    image, model = studio.image, studio.model
    if image is None:
        return ""
    step = -(-image.cell.shape[1] // _WIDEST_PX)
    small = CellsImage(np.ascontiguousarray(image.cell[::step, ::step]), image.bounds)
    main = next((one for one in model.cells.outcomes if one.rule == model.main_rule), None)
    title: Words
    if main is not None:
        picture = small.data_uri(main.outcome, palette.OUTCOMES, hatched=NOT_SUBJECT)
        title = rules_shown(model)[main.rule]
    else:
        colours = palette.walk_colours(len(model.cells.walk_limits_min))
        picture = small.data_uri(walk_classes(model.cells), colours)
        title = text("Walking time to the nearest service point")
    said = studio.voice(title)
    return f'<p>{said}</p><img src="{picture}" alt="{said}">'
