"""`cache`: what is kept of streets that were read and of cities that were assessed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import NETWORKS, AsJson, Lang, Language
from core.text import text


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete all of it.")] = False,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Show what is kept of streets and assessed cities, and its limit; nothing in it is needed."""
    with front_door(lang) as (tr, _):
        from data.cache_entries import clear as clear_all
        from data.cache_entries import kept, limit_bytes

        freed, limit = clear_all(NETWORKS) if clear else 0, limit_bytes()
        entries = kept(NETWORKS)
        total = sum(entry.size_bytes for entry in entries)
        document = {
            "format": 1,
            "folder": str(NETWORKS),
            "bytes": total,
            "limit_bytes": limit,
            "freed_bytes": freed,
            "entries": [
                {
                    "name": entry.folder.name,
                    "kind": entry.kind,
                    "bytes": entry.size_bytes,
                    "used": dt.datetime.fromtimestamp(entry.used, dt.UTC).isoformat(timespec="seconds"),
                }
                for entry in entries
            ],
        }
        said = text(
            "Kept of streets and cities read before: {mb:,.1f} MB in {n} {n:entry|entries}, at most "
            "{limit:,.0f} MB (SERVICE_CIRCLE_CACHE_GB); what was used longest ago goes first.",
            mb=total / 1e6,
            n=len(entries),
            limit=limit / 1e6,
        )
        gone = [tr(text("{mb:,.1f} MB were deleted.", mb=freed / 1e6))] if clear else []
        answer(as_json, document, lambda: [*gone, tr(said), str(NETWORKS)])
