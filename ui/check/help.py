"""What a list should hold, for who has not uploaded one yet."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.text import text
from ui.check.use import offer_template
from ui.shell.choices import choices, words
from ui.shell.compute import case_of
from ui.shell.safe import in_markdown
from ui.widgets.tables import small_table

_COLUMNS: Final = (
    (
        text("Name"),
        "名称、设施名称、单位名称、name",
        text("needed; tells centre or station where no column does"),
    ),
    (
        text("Place"),
        "经度 + 纬度、经纬度、X坐标 + Y坐标、lon + lat",
        text("needed; degrees, minutes or metres"),
    ),
    (text("Tier"), "类型、级别、层级、type", text("wished for")),
    (text("Units"), "区、街道、社区（村）", text("wished for: they also tell the coordinate system")),
    (text("More"), "地址、床位、建筑面积、状态", text("used where the standard asks for it")),
    (text("Personal data"), "联系人、电话", text("not read")),
)


def explain_lists() -> None:
    """The columns, what they may be called, and a list to look at."""
    tr, city = words(), case_of(choices()).files
    st.subheader(tr(text("What a list should hold")), anchor=False)
    head = (text("Content"), text("Column titles, for example"), text("Remark"))
    rows = [(tr(what), titles, tr(remark)) for what, titles, remark in _COLUMNS]
    st.html(small_table([tr(title) for title in head], rows))
    st.caption(
        tr(
            text(
                "Title rows, merged headers, totals, several sheets and GB18030 text are understood. "
                "Two or more files are read together."
            )
        )
    )
    example = city.facilities[0]
    label = tr(text("Download the list of {city} as an example", city=city.name))
    left, right = st.columns(2)
    left.download_button(
        in_markdown(label), example.read_bytes(), file_name=example.name, on_click="ignore", width="stretch"
    )
    offer_template(right)
