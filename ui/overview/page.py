"""Who is not served: key figures, the verdict table, the map, the gaps, suggested sites, downloads."""

from __future__ import annotations

import streamlit as st

from ui.overview.gaps import gaps
from ui.overview.key_figures import first_sentence, key_figures
from ui.overview.plan import plan
from ui.overview.table_and_map import choose_view, table_and_map
from ui.shell.compute import current_view
from ui.widgets.downloads import downloads
from ui.widgets.heading import heading, notes

view = current_view()
left, right = st.columns([0.68, 0.32], vertical_alignment="center")
with left:
    heading(view)
with right:
    choose_view()
first_sentence(view)
key_figures(view)
table_and_map(view)
notes(view)
gaps(view)
plan(view)
downloads(view)
