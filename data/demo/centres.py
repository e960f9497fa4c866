"""The service centres: one in each street or town but two, a few more where most lack one."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.demo.people import RURAL, Land
from data.demo.shapes import Points
from data.demo.sites import Sites
from data.demo.units import Divisions

CENTRE: Final = "公共服务中心"
# Two streets have no centre of their own: the town across the river, and half of the new town.
WITHOUT_CENTRE: Final = ("新渡街道", "锦澜街道")
# How far centres stand from the best place, typically (m); new towns lag behind here too.
_OFF_M: Final = {"old": 90, "belt": 90, "new": 130, "seat": 120}
_SERVED_M: Final = 1_250.0
_DOUBLED: Final = 3
_NEW_VILLAGES: Final = 5
_NEW_VILLAGE_REACH_M: Final = 2_200.0
_SQUARE_M: Final = 500.0
_WORDS: Final = ("公共服务中心", "便民服务中心", "党群服务中心", "公共服务中心")


def place_centres(land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator) -> pd.DataFrame:
    """A centre in each street but two, roughly in the right place; more where most people lack one."""
    street, wanted = _wanted(land, parts)
    off_m = np.array([_OFF_M[zone.split("-")[0]] for zone in parts.streets["zone"].iloc[street]])
    xy = sites.near(wanted + rng.normal(0, 0.7, wanted.shape) * off_m[:, None])
    village_xy = sites.near(_new_villages(land, parts, xy, rng))
    word = rng.permutation(np.resize(_WORDS, len(street)))
    word[-_DOUBLED:] = "第二便民服务中心"
    home = community_at(village_xy, parts)
    name = parts.streets["name"]
    names = [f"{name[k]}{w}" for k, w in zip(street, word, strict=True)]
    names += [f"{name[parts.street[k]]}{parts.name[k][:-1]}新社区公共服务中心" for k in home]
    xy = np.vstack([xy, village_xy])
    return table_of(names, CENTRE, community_at(xy, parts), xy, rng.integers(9, 42, len(xy)) * 100)


def _wanted(land: Land, parts: Divisions) -> tuple[list[int], Points]:
    """Streets, some of them twice at the end, and the best place for a centre in each."""
    street = [k for k, name in enumerate(parts.streets["name"]) if name not in WITHOUT_CENTRE]
    cells = [np.flatnonzero((parts.street[parts.of_cell] == k) & (land.zone != RURAL)) for k in street]
    wanted = [_seat(mine, land) for mine in cells]
    opposite = _opposite(parts.streets, street)
    wanted[opposite] = _towards_the_town_across(wanted[opposite], street[opposite], land, parts)
    beyond = [
        mine[np.hypot(*(land.xy[mine] - seat).T) > _SERVED_M]
        for mine, seat in zip(cells, wanted, strict=True)
    ]
    doubled = np.argsort([-land.residents[far].sum() for far in beyond], kind="stable")[:_DOUBLED]
    wanted += [_seat(beyond[k], land) for k in doubled]
    return street + [street[k] for k in doubled], np.array(wanted)


def _opposite(streets: pd.DataFrame, chosen: list[int]) -> int:
    """Which of the chosen streets lies across the river from the town without a centre."""
    home = streets.loc[streets["zone"] == "riverside", ["x", "y"]].to_numpy()[0]
    across = ~streets["north"].to_numpy()[chosen]
    far_m = np.hypot(*(streets[["x", "y"]].to_numpy()[chosen] - home).T)
    return int(np.where(across, far_m, np.inf).argmin())


def _towards_the_town_across(seat: Points, street: int, land: Land, parts: Divisions) -> Points:
    """Most of the way from the seat to the bank: near the town across as the crow flies."""
    home = parts.streets.loc[parts.streets["zone"] == "riverside", ["x", "y"]].to_numpy()[0]
    mine = land.xy[parts.street[parts.of_cell] == street]
    bank = mine[np.hypot(*(mine - home).T).argmin()]
    return np.asarray(0.25 * seat + 0.75 * bank)


def _new_villages(land: Land, parts: Divisions, centres: Points, rng: np.random.Generator) -> Points:
    """Where many rural people live far from any centre: there stand those of new rural communities."""
    rural = parts.rural[parts.of_cell] & (land.residents > 0)
    square = (land.xy[rural] // _SQUARE_M).astype(np.int64)
    corners, of_cell = np.unique(square, axis=0, return_inverse=True)
    residents = np.bincount(of_cell.ravel(), land.residents[rural])
    xy = (corners + 0.5) * _SQUARE_M
    candidates = xy[rng.choice(len(xy), 250, replace=False, p=residents / residents.sum())]
    within = np.hypot(*(candidates[:, None] - xy).transpose(2, 0, 1)) < _NEW_VILLAGE_REACH_M
    placed = centres
    for _ in range(_NEW_VILLAGES):
        lacking = np.where(cKDTree(placed).query(xy)[0] > 1.5 * _NEW_VILLAGE_REACH_M, residents, 0.0)
        placed = np.vstack([placed, candidates[(within @ lacking).argmax()]])
    return np.asarray(placed[len(centres) :])


def _seat(mine: NDArray[np.int64], land: Land) -> Points:
    """The cell of these within `_SERVED_M` of which most of their residents live."""
    far_m = np.hypot(*(land.xy[mine][:, None] - land.xy[mine]).transpose(2, 0, 1))
    # The second term decides between equals: nearer to all.
    served = (far_m <= _SERVED_M) @ land.residents[mine] - 0.02 * far_m @ land.residents[mine] / _SERVED_M
    return np.asarray(land.xy[mine[served.argmax()]])


def community_at(xy: Points, parts: Divisions) -> NDArray[np.int64]:
    """The community each point lies in."""
    tree = shapely.STRtree(parts.polygons)
    return np.asarray(tree.query_nearest(shapely.points(xy), all_matches=False)[1])


def table_of(
    names: list[str], tier: str, community: NDArray[np.int64], xy: Points, area_m2: NDArray[np.int64]
) -> pd.DataFrame:
    """Facilities of one tier, without beds and residents served."""
    return pd.DataFrame(
        {
            "name": names,
            "tier": tier,
            "community": community,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "area_m2": area_m2,
        }
    )
