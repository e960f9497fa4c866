"""Names that attack a template engine or a browser; each sets `FLAG` on the window if it gets to run."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from maps.model import MapModel
from tests.maps.sample_maps import tiny_model

FLAG = "attacked"

HOSTILE = (
    "{{ cycler.__init__.__globals__.os.popen(dict(id=1)|first).read() }}",
    "{% for x in range(3) %}attack{% endfor %}",
    "{# a comment #}{{ 7*7 }}",
    "<script>window.attacked=1</script>",
    "</script><script>window.attacked=1</script>",
    "<img src=x onerror=window.attacked=1>",
    '"><svg onload=window.attacked=1>',
    "' onmouseover='window.attacked=1",
    "${window.attacked=1}`${window.attacked=1}`",
    "\\u003cimg src=x onerror=window.attacked=1\\u003e \\",
    "</textarea><img src=x onerror=window.attacked=1>",
    "<!-- <script> -->]]>",
    "&lt;b&gt;&amp;",
)


def hostile_model(name: str) -> MapModel:
    """The tiny town with `name` wherever a user's text can stand."""
    model = tiny_model()
    labels = pd.DataFrame(model.basemap.labels.assign(name=name))
    return replace(
        model,
        title=name,
        subtitle=name,
        facilities=model.facilities.assign(name=name, status=name, unit=name),
        tier_titles=dict.fromkeys(model.tier_titles, name),
        gaps=model.gaps.assign(unit=name),
        cells=replace(model.cells, outcomes=tuple(replace(o, title=name) for o in model.cells.outcomes)),
        radius_rules=tuple(replace(rule, title=name) for rule in model.radius_rules),
        rule_titles={"radius": name},
        sites=model.sites.assign(unit=name),
        verdicts=tuple(replace(row, title=name, figure=name, actual=name) for row in model.verdicts),
        basemap=replace(model.basemap, labels=labels),
        credits=(name,),
        crs_note=name,
    )
