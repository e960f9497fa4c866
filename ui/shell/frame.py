"""What stands around every page: style, language, standard, and the city and lists in use; and
the one place where the pages' errors become sentences.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import streamlit as st

from core.errors import InputError, UserError, told_by_system
from core.text import listed, text
from coverage.model.standard import Standard
from data.defects import record_defect
from data.parse_standard import parse_standard
from data.standards import open_standard, preset_ids
from jobs.sign_in.ways import OIDC, SignIn, sign_in_settings
from jobs.study.cases import StudyFiles
from locales import DEFAULT_LANGUAGE, translator
from ui.shell.choices import bound, choices, choose, words
from ui.shell.gate import base, the_store
from ui.shell.provider import require_provider
from ui.shell.safe import in_html, in_markdown
from ui.shell.session import (
    KEPT_DAYS,
    MADE_ANEW,
    chosen_now,
    forget_session,
    keep,
    kept_minutes,
    open_view,
)
from ui.shell.who import Visitor, has_way_out, is_signed_way, visitor

_ASSETS: Final = Path(__file__).parents[1] / "assets"
LANGUAGE_NAMES: Final = {"zh": "中文", "en": "English"}
_HTML_LANGUAGE: Final = {"zh": "zh-CN", "en": "en"}
_OPTION: Final = re.compile(r"--[a-z][a-z-]+")
# Option of the command line → the box of *Your own city* that stands for it.
_BOXES: Final = {
    "--area": text("Study area"),
    "--buildings": text("Buildings"),
    "--compounds": text("Residential compounds"),
    "--facilities": text("Facility lists"),
    "--network": text("Streets (OSM, GraphML, GeoPackage)"),
    "--population": text("Residents (GeoTIFF, CSV, Parquet, GeoPackage)"),
    "--residential": text("Residential land"),
    "--settled": text("Settlements"),
    "--totals": text("Census totals by unit"),
    "--units": text("Units (optional: level and name)"),
    "--urban": text("Built-up area"),
    "--water": text("Water"),
}
_LOG: Final = logging.getLogger("service_circle.page")


def configure() -> None:
    """Title, icon, layout and style of every page; the icon is ours, so that no host is asked for one."""
    st.set_page_config(
        page_title="服务圈 Service circle",
        page_icon=str(_ASSETS / "icon.svg"),
        layout="wide",
        initial_sidebar_state=264,
    )
    st.html(_ASSETS / "page.css")


def title(page: str) -> None:
    """The tab's title: the page's own, then the program's."""
    st.set_page_config(page_title=f"{page} · 服务圈 Service circle")


def choose_language() -> None:
    """The switch stands first, so that everything after it speaks the language chosen."""
    brand = st.empty()
    st.segmented_control(
        "语言 / Language",
        list(LANGUAGE_NAMES),
        format_func=LANGUAGE_NAMES.__getitem__,
        required=True,
        label_visibility="collapsed",
        **bound("language"),
    )
    # front.js makes this the language of the document.
    language = _HTML_LANGUAGE[choices().language]
    brand.html(f'<p class="brand" data-page-language="{language}">服务圈 Service circle</p>')


def choose_standard() -> None:
    """One of the presets, or one of the user's own files."""
    tr = words()
    options = [*preset_ids(), *choices().own_standards]
    st.selectbox(
        tr(text("Standard")),
        options,
        format_func=lambda option: tr(open_standard(option).title),
        **bound("standard"),
    )
    standard = open_standard(choices().standard)
    walking = standard.walking
    st.caption(
        in_markdown(
            tr(
                text(
                    "{title} · {document} · walking {speed:g} km/h",
                    title=standard.title,
                    document=standard.document or standard.id,
                    speed=walking.speed_kmh,
                )
            )
        )
    )


def own_standard() -> None:
    """A form that takes a TOML file in; a wrong one is refused with its line and key."""
    tr = words()
    with st.expander(tr(text("Use your own standard"))):
        _start()
        tr = words()
        with st.form("own-standard", border=False):
            upload = st.file_uploader(tr(text("A standard as a TOML file")), type=["toml"], max_upload_size=1)
            wanted = st.form_submit_button(tr(text("Use this standard")))
            if wanted and upload is None:
                st.info(tr(text("Please choose a file first.")))
            elif wanted and upload is not None:
                check_standard(upload.getvalue(), upload.name)
                path = str(keep(upload))
                choose(standard=path, own_standards=(*{*choices().own_standards, path},))
                st.rerun()


def _start() -> None:
    tr, current = words(), open_standard(choices().standard)
    st.download_button(
        tr(text("Download this standard as a start (TOML)")),
        current.toml,
        file_name=f"{current.id}.toml",
        mime="application/toml",
        on_click="ignore",
        width="stretch",
    )


def check_standard(content: bytes, name: str) -> Standard:
    """The standard in an uploaded file; InputError names the line, the key and what is allowed."""
    try:
        return parse_standard(content.decode("utf-8-sig"), source=name)
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=name) from error


def in_use() -> None:
    """Which city and which lists are shown, and the way back to the demo."""
    tr, chosen = words(), choices()
    if chosen.city is None:
        st.page_link("ui/city/page.py", label=tr(text("How to bring your own city")))
    if chosen.lists is not None:
        title = tr(text("List in use"))
        st.markdown(f"**{title}**")
        st.caption(in_markdown(words()(listed(chosen.lists.names))))
        if st.button(tr(text("Back to the city's own list")), width="stretch"):
            choose(lists=None)
            st.rerun()
    if chosen.city is not None:
        title = tr(text("City in use"))
        st.markdown(f"**{title}**")
        st.caption(in_markdown(chosen.city.name))
        if st.button(tr(text("Back to the demo city")), width="stretch"):
            choose(city=None, lists=None)
            st.rerun()


def this_session() -> None:
    """What is kept of the session, for how long, and the way to delete it."""
    tr = words()
    with st.expander(tr(text("What is kept of this session"))):
        if is_signed_way():
            kept = text(
                "Your files and choices are kept in the store for {days} days after the last change. You "
                "find them again wherever you sign in, nobody else does.",
                days=KEPT_DAYS,
            )
            st.caption(tr(kept))
        else:
            kept = text(
                "Files are kept on the computer that runs this page until {minutes:,} minutes after it was "
                "last open in a browser, choices for {days} days.",
                minutes=kept_minutes(),
                days=KEPT_DAYS,
            )
            who = text("Whoever has the address of this page can open them.")
            st.caption(f"{tr(kept)} {tr(who)}")
        if st.button(tr(text("Delete my files and choices")), width="stretch"):
            forget_session()
            st.rerun()


def open_address(who: Visitor) -> None:
    """What the address asks for, `?result=…`, in a session of its own. A user's error for what is not there,
    and for who may not see it."""
    number = st.query_params.get("result", "")
    if not number:
        return
    if who.name is None:
        if who.why is not None:
            st.info(in_markdown(words()(who.why)))
        return
    from jobs.desk.sessions import shared

    found = shared(the_store(), number, by=who.name)
    open_view(None if isinstance(found, StudyFiles) else found, who.name)
    if isinstance(found, StudyFiles):
        choose(city=found, standard=found.standard, lists=None)
    st.query_params.pop("result", None)


def share_view(by: str) -> None:
    """An address under which colleagues find what is on the page as it is now."""
    tr = words()
    with st.expander(tr(text("Send this to a colleague"))):
        st.caption(
            tr(
                text(
                    "City, standard, lists and drafts as they are now are kept under an address, for "
                    "everybody who may look at cities; files that you brought for a year."
                )
            )
        )
        with st.form("share-view", border=False):
            name = st.text_input(tr(text("What it is called")), max_chars=120)
            wanted = st.form_submit_button(tr(text("Make the address")))
        if wanted:
            from jobs.desk.sessions import share

            number = share(the_store(), name, chosen_now(), made_anew=MADE_ANEW, by=by)
            here = str(st.context.url or "").partition("?")[0]
            st.code(f"{here}?result={number}", language=None)


def settings_or_exit() -> SignIn:
    """How people sign in, when the server starts; it ends with the sentence where that cannot be."""
    try:
        settings = sign_in_settings()
        if settings.way == OIDC:
            require_provider()
        return settings
    except UserError as wrong:
        sys.stderr.write(f"{translator(DEFAULT_LANGUAGE)(wrong.message)}\n")
        raise SystemExit(2) from wrong


def visitor_here() -> Visitor | None:
    """Who looks at the page. Where people sign in, None for somebody who may see nothing, which is said."""
    who = visitor()
    if who.why is None or not is_signed_way():
        return who
    tr = words()
    st.info(in_markdown(tr(who.why)))
    if has_way_out():
        _way_out(tr(text("Sign in")))
    return None


def signed_in(who: Visitor) -> None:
    """Who is signed in, and the way out."""
    if is_signed_way() and who.name:
        tr = words()
        st.caption(in_markdown(tr(text("Signed in: {name}", name=who.name))))
        if has_way_out():
            _way_out(tr(text("Sign out")))


def _way_out(label: str) -> None:
    st.html(f'<p><a href="{base()}/sign-out" target="_self">{in_html(label)}</a></p>')


@contextmanager
def told() -> Iterator[None]:
    """A user's error in the user's words; a defect as a calm sentence, with a number that the log has too."""
    try:
        yield
    except UserError as error:
        st.error(in_markdown(_by_boxes(words()(error.message))))
    except OSError as problem:
        if (said := told_by_system(problem)) is None:
            _tell_defect(problem)
        else:
            st.error(in_markdown(words()(said.message)))
    except Exception as defect:  # noqa: BLE001 - the page's one handler: no visitor may see a traceback
        _tell_defect(defect)


def _by_boxes(sentence: str) -> str:
    """A sentence that names options of the command line, by the boxes that stand for them on the page."""
    tr = words()
    return _OPTION.sub(
        lambda found: tr(text("“{box}”", box=_BOXES[found[0]])) if found[0] in _BOXES else found[0], sentence
    )


def _tell_defect(defect: Exception) -> None:
    number = record_defect(defect, doing="page").number
    _LOG.exception("Defect %s", number)
    sentence = text(
        "Something went wrong in the program; your data are not the cause and are not lost. "
        "Please reload the page; if it happens again, tell your administrator the number {number}.",
        number=number,
    )
    st.error(in_markdown(words()(sentence)))
