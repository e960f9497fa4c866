"""The demo city in a store: there from the start, its files made and taken in when it is first asked for."""

from __future__ import annotations

from typing import Any, Final

from core.progress import Progress, part, silent
from data.store import Store
from data.store.engine import ConflictError
from data.store.records import cities
from jobs.cache.prebuild import DEMO_CITY, cache_folder, make_demo, streets_of

# Its offices as taking it in makes them: a test holds this table against the city itself.
OFFICES: Final = (
    ("鼓台区", "990101", 70),
    ("云湖区", "990102", 98),
    ("东屏区", "990103", 41),
    ("北渡区", "990104", 130),
    ("镜泽区", "990105", 44),
    ("禾丰区", "990106", 46),
)


def demo_document() -> dict[str, Any]:
    """The demo city with its offices, as `city list` prints a city."""
    return {
        "format": 1,
        "name": DEMO_CITY,
        "offices": [
            {"name": name, "unit_id": unit_id, "version": 1, "facilities": facilities}
            for name, unit_id, facilities in OFFICES
        ],
    }


def require_demo(store: Store, name: str, *, progress: Progress = silent) -> None:
    """Take the demo city in where it is what is asked for and is not there yet; else nothing."""
    from jobs.collect.cities import NewCity, add_city

    if name != DEMO_CITY or has_demo(store):
        return
    cache = cache_folder()
    files = make_demo(cache, progress=part(progress, 0.0, 0.5))
    try:
        add_city(store, NewCity(DEMO_CITY, files), cache=streets_of(cache), progress=part(progress, 0.5, 1.0))
    except ConflictError:
        if not has_demo(store):  # another took it in meanwhile
            raise


def has_demo(store: Store) -> bool:
    with store.read() as connection:
        return any(city.name == DEMO_CITY for city in cities(connection))
