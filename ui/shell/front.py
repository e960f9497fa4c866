"""The page's outermost file: Streamlit's own, with what older browsers lack, and a sentence for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config, file_util

_ASSETS: Final = Path(__file__).parents[1] / "assets"
# The page and its parts: /, /check. Files and Streamlit's own addresses have dots, dashes or more parts.
_PAGE: Final = re.compile(r"/([A-Za-z]\w*)?")
_LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}


class Front:
    """ASGI middleware: answers requests for the page itself, lets all others through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _is_page(scope["path"]):
            answer = HTMLResponse(front_page(_language(scope)), headers={"Cache-Control": "no-cache"})
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@cache
def front_page(language: str) -> str:
    """Streamlit's index.html in which `front.js` runs first and `front.html` stands in the body."""
    index = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    script = (_ASSETS / "front.js").read_text(encoding="utf-8")
    body = (_ASSETS / "front.html").read_text(encoding="utf-8")
    page = re.sub(r"<html\b[^>]*>", f'<html lang="{language}">', index, count=1)
    page = page.replace("<title>Streamlit</title>", "<title>服务圈 Service circle</title>", 1)
    # The module scripts of the head are deferred; this one is not.
    page = page.replace("<head>", f"<head><script>{script}</script>", 1)
    return re.sub(r"(<body\b[^>]*>)", lambda found: found.group(1) + body, page, count=1)


def _is_page(path: str) -> bool:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    inner = path.removeprefix(f"/{base}") if base else path
    return bool(_PAGE.fullmatch(inner or "/"))


def _language(scope: Mapping[str, Any]) -> str:
    """The browser's first language, as far as the page speaks it; the page says it anew once it runs."""
    said = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").lower()
    return _LANGUAGES.get(said[:2], "zh-CN")
