"""What the server says with every answer, and to whom it says nothing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from ui.shell.front import Front


def answer_to(path: str, *, host: str = "localhost:8501", client: str = "127.0.0.1", **more: str) -> Message:
    """The beginning of the answer to one request."""
    sent: list[Message] = []
    headers = [
        (b"host", host.encode()),
        *((k.replace("_", "-").encode(), v.encode()) for k, v in more.items()),
    ]
    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": path, "headers": headers, "client": (client, 1),
        "query_string": b"",
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    # In a thread of its own: the browser tests leave a loop running in theirs.
    with ThreadPoolExecutor(1) as own:
        own.submit(asyncio.run, Front(PlainTextResponse("Streamlit's"))(scope, receive, send)).result()
    return sent[0]


@pytest.mark.parametrize("path", ["/", "/check", "/_stcore/health", "/static/js/index.js"])
def test_every_answer_says_who_may_frame_it_and_what_it_is(path: str) -> None:
    said = dict(answer_to(path)["headers"])
    assert b"frame-ancestors 'self'" in said[b"content-security-policy"]
    assert said[b"x-frame-options"] == b"SAMEORIGIN"
    assert said[b"referrer-policy"] == b"no-referrer"
    assert said[b"x-content-type-options"] == b"nosniff"


def test_another_name_than_the_servers_is_refused() -> None:
    assert answer_to("/_stcore/health")["status"] == 200
    assert answer_to("/_stcore/health", host="rebound.example")["status"] == 403
    assert answer_to("/", host="rebound.example:8501")["status"] == 403


def test_metrics_are_for_this_machine_alone() -> None:
    assert answer_to("/_stcore/metrics")["status"] == 200
    assert answer_to("/_stcore/metrics", client="10.0.0.7")["status"] == 403
    assert answer_to("/_stcore/metrics", x_forwarded_for="10.0.0.7")["status"] == 403
