from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from maps.basemap import decode, encode
from maps.model import Basemap, Lines
from tests.maps.sample_maps import tiny_model


def same(first: Lines, second: Lines) -> bool:
    return (first.start == second.start).all() and np.allclose(first.lon, second.lon, atol=1e-5)


def test_a_basemap_comes_back_from_its_bytes() -> None:
    given_map = tiny_model().basemap
    found = decode(encode(given_map))
    assert found.streets.keys() == given_map.streets.keys()
    assert all(same(found.streets[c], given_map.streets[c]) for c in found.streets)
    assert list(found.outlines) == ["district", "community"]
    assert list(found.labels["name"]) == list(given_map.labels["name"])
    assert encode(found) == encode(given_map)


def test_an_empty_basemap_comes_back_empty() -> None:
    found = decode(encode(Basemap()))
    assert not found.streets
    assert not len(found.labels)


@pytest.mark.parametrize("damage", [b"", b"BASEMAP1", b"BASEMAP1xx", b"GIF89a"])
def test_other_files_are_refused(damage: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        decode(damage)


def test_a_file_cut_short_is_refused() -> None:
    data = encode(tiny_model().basemap)
    for size in range(0, len(data), 97):
        with pytest.raises(InputError, match="damaged"):
            decode(data[:size])


@given(st.binary(max_size=200))
def test_no_content_whatever_breaks_the_reader(content: bytes) -> None:
    try:
        found = decode(b"BASEMAP1" + zlib.compress(content))
    except InputError:
        return
    assert isinstance(found, Basemap)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused() -> None:
    engine = zlib.compressobj(9)
    bomb = b"".join(engine.compress(bytes(10_000_000)) for _ in range(30)) + engine.flush()
    with pytest.raises(InputError, match="damaged"):
        decode(b"BASEMAP1" + bomb)
