from __future__ import annotations

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from geo.crs import project, unproject
from geo.lattice import find_lattice
from maps.cells_image import NO_CELL, TRANSPARENT, CellsImage, cells_image
from maps.model import MapCells

CRS = "EPSG:4549"
ORIGIN = np.array([352_000.0, 3_545_000.0])


def cells_at(xy: np.ndarray, spacing_m: float = 100.0) -> MapCells:
    ones = np.ones(len(xy))
    return MapCells(xy, CRS, spacing_m, ones, ones, lattice=find_lattice(xy, spacing_m, CRS))


def square_grid(columns: int, rows: int, step: float = 100.0) -> np.ndarray:
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    return ORIGIN + np.column_stack([x.ravel(), y.ravel()]) * step


def cell_under(image: CellsImage, xy: np.ndarray) -> np.ndarray:
    """The cell shown at each place, by the formulas of spherical Mercator."""
    lon, lat = unproject(xy, CRS)
    west, south, east, north = image.bounds
    rise = lambda degrees: np.log(np.tan(math.pi / 4 + np.radians(degrees) / 2))  # noqa: E731
    rows, columns = image.cell.shape
    column = np.floor((lon - west) / (east - west) * columns).astype(int)
    row = np.floor((rise(north) - rise(lat)) / (rise(north) - rise(south)) * rows).astype(int)
    return image.cell[row, column]


def test_every_cell_of_a_wide_city_sits_under_its_own_centre() -> None:
    xy = square_grid(300, 200)
    image = cells_image(cells_at(xy))
    assert (cell_under(image, xy) == np.arange(len(xy))).all()


def test_a_place_belongs_to_the_cell_it_lies_in_up_to_a_pixel() -> None:
    xy = square_grid(60, 40)
    image = cells_image(cells_at(xy))
    for shift in ((-36, -36), (36, -36), (-36, 36), (36, 36)):
        assert (cell_under(image, xy + shift) == np.arange(len(xy))).all()


def test_cells_with_rounded_coordinates_and_a_nearly_right_spacing_are_still_squares() -> None:
    xy = np.round(square_grid(400, 5) + np.random.default_rng(1).uniform(-0.5, 0.5, (2000, 2)))
    image = cells_image(cells_at(xy, 99.97))
    assert (cell_under(image, xy + 36) == np.arange(len(xy))).all()


def test_holes_between_cells_stay_empty() -> None:
    xy = square_grid(9, 9)
    hole = 40
    image = cells_image(cells_at(np.delete(xy, hole, axis=0)))
    assert cell_under(image, xy[[hole]]) == [NO_CELL]


def test_hexagons_meet_without_holes() -> None:
    x, y = np.meshgrid(np.arange(12), np.arange(12))
    xy = ORIGIN + np.column_stack([((x + y % 2 / 2) * 300).ravel(), (y * 300 * math.sqrt(3) / 2).ravel()])
    image = cells_image(cells_at(xy, 300.0))
    assert (cell_under(image, xy) == np.arange(len(xy))).all()
    inside = np.random.default_rng(2).uniform([300, 300], [3000, 2500], (2000, 2)) + ORIGIN
    assert (cell_under(image, inside) != NO_CELL).all()


def test_cells_on_a_lattice_of_degrees_sit_under_their_centres() -> None:
    lon, lat = np.meshgrid(118.5 + np.arange(80) / 1200, 32.0 + np.arange(60) / 1200)
    xy = project(lon.ravel(), lat.ravel(), CRS)
    image = cells_image(cells_at(xy, 85.0))
    assert (cell_under(image, xy) == np.arange(len(xy))).all()


def test_a_single_cell_is_drawn() -> None:
    image = cells_image(cells_at(ORIGIN[None]))
    assert cell_under(image, ORIGIN[None]) == [0]


def test_the_picture_has_the_colour_of_each_class_and_is_clear_elsewhere() -> None:
    image = CellsImage(np.array([[0, 1], [2, NO_CELL]], np.int32), (0, 0, 1, 1))
    uri = image.data_uri(np.array([1, 0, TRANSPARENT]), ("#102030", "#ff0000"))
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGBA"))
    assert pixels[0, 0].tolist() == [255, 0, 0, 255]
    assert pixels[0, 1].tolist() == [16, 32, 48, 255]
    assert pixels[1, :, 3].tolist() == [0, 0]


@pytest.mark.parametrize(("columns", "rows"), [(3000, 3), (3, 3000)])
def test_a_long_thin_city_makes_no_huge_picture(columns: int, rows: int) -> None:
    xy = square_grid(columns, rows)
    assert cells_image(cells_at(xy)).cell.size < 8_000_000
