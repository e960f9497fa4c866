"""Reference layers may be shifted too, whatever they claim: compared by name with one known to be true."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.text import Text, text
from coverage.model.names import unit_key
from data.intake.coordinates import DatumDecision, ranking_of
from data.intake.hypotheses import SYSTEM_OF, UNKNOWN, placed_xy
from data.intake.likelihood import anchors, no_evidence
from data.intake.reference import NAME_COLUMNS
from data.intake.scores import LOG_PRIOR, Scores, believe
from data.population.columns import find_column
from geo.crs import WGS84, metric_crs, project
from geo.datum import WGS84 as TRUE_SYSTEM

_LEAST_NAMES: Final = 4
_LEAST_POSTERIOR: Final = 0.995
_LEAST_SUPPORT: Final = 0.95


def layer_datum(layer: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> DatumDecision:
    """Which system a layer that claims degrees in WGS-84 is in, by what has the same name in `truth`.

    The middles of places of one name are compared under every hypothesis. Undecided with fewer
    than four names in common, or where the middles agree under none.
    """
    own, known = _middles(layer), _middles(truth)
    shared = [name for name in own if name in known]
    if len(shared) < _LEAST_NAMES:
        return DatumDecision(UNKNOWN, False, 0.0)
    lon, lat = np.array([own[name] for name in shared]).T
    true_lon, true_lat = np.array([known[name] for name in shared]).T
    crs = metric_crs(float(np.median(true_lon)), float(np.median(true_lat)))
    places = np.asarray(shapely.points(project(true_lon, true_lat, crs)), object)
    scores, away_m = anchors(np.arange(len(shared)), places, placed_xy(lon, lat, crs))
    nothing = no_evidence(len(shared))
    belief = believe(
        Scores(np.nan_to_num(nothing)[:, :, None], scores, None, nothing, away_m, nothing), LOG_PRIOR
    )
    decided = (
        belief.posterior[belief.best] >= _LEAST_POSTERIOR
        and belief.support[belief.best] >= _LEAST_SUPPORT
        and SYSTEM_OF[belief.best] != UNKNOWN
    )
    system = SYSTEM_OF[belief.best] if decided else UNKNOWN
    return DatumDecision(system, bool(decided), belief.confidence, (), ranking_of(belief.posterior))


def shifted_layer(decision: DatumDecision) -> Text | None:
    """What to tell about a layer decided to be shifted; None if it is not."""
    if not decision.decided or decision.system == TRUE_SYSTEM:
        return None
    return text(
        "The layer claims WGS-84, but against the reference layer it lies as {system} does; it was not used. "
        "Convert it, or get the original.",
        system=decision.system.upper(),
    )


def _middles(layer: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Name → longitude and latitude of the middle; names that occur twice are left out."""
    frame = layer if layer.crs is None else layer.to_crs(WGS84)
    column = find_column([str(name) for name in frame.columns], NAME_COLUMNS)
    if column is None:
        return {}
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty) & frame[column].notna()]
    keys = [unit_key(str(name)) for name in frame[column]]
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(frame.geometry.array, object)))
    return {
        key: (float(x), float(y)) for key, (x, y) in zip(keys, middles, strict=True) if keys.count(key) == 1
    }
