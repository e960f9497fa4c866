"""Which coordinate system is a list in? Decided alone only on strong evidence that agrees, else asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.errors import SettingError
from core.text import Text, text
from coverage.model.tables import Floats
from data.intake.datum.likelihood import HYPOTHESES, SYSTEM_OF, UNKNOWN
from data.intake.datum.scores import LOG_PRIOR, Belief, Scores, believe
from geo.datum import BD09, GCJ02, WGS84

AUTO: Final = "auto"
MIXED: Final = "mixed"
# The kind of evidence that says so.
MIXTURE: Final = "mixture"
# The kind of evidence that says that the units' own system is not known.
UNITS: Final = "units"
_ALIASES: Final = {
    "cgcs2000": WGS84,
    "epsg:4326": WGS84,
    "epsg:4490": WGS84,
    "wgs-84": WGS84,
    "gcj-02": GCJ02,
    "bd-09": BD09,
}
_WORDS: Final = {
    BD09: re.compile(r"百度|bd[\s_-]?09(?:ll|mc)?|baidu|(?<![a-z])bd_?(?=lng|lon|lat|经|纬|坐标)"),
    GCJ02: re.compile(
        r"(?<![a-z])(?:gd|tx|qq)_?(?=lng|lon|lat|经|纬|坐标)|高德|腾讯|火星|国测局|gcj[\s_-]?(?:02)?|amap|gaode|autonavi|tencent|map\.qq\.|(?<![a-z])mars(?![a-z])"
    ),
    WGS84: re.compile(
        r"国家2000|2000国家|大地2000|2000大地|cgcs[\s_-]?2000|wgs[\s_-]?(?:84|1984)?|天地图|tianditu|openstreetmap|"
        r"(?<![a-z])gps(?![a-z])|北斗|epsg:(?:4326|4490)"
    ),
}
_ANY: Final = "|".join(pattern.pattern for pattern in _WORDS.values())
# What is converted from one system to another is in the other: 由GCJ-02转WGS84, 百度坐标转国家2000.
_CONVERTED: Final = re.compile(
    rf"(?:{_ANY})[^，,。;；|/+]{{0,6}}?(?:转换?[为成到至]?|→|->|2|to)\s*(?={_ANY})"
)
_NOT: Final = re.compile(rf"(?:非|不是|不用|未用|不采用|勿用|not )\s*(?:{_ANY})")
# A list's own word is wrong about once in a hundred.
_WORD_LOG: Final = np.log(100.0)
_WORD_CONFIDENCE: Final = 0.95

# When the tool decides alone. Tuned with bench/datum.py so that no list in 10,000 is decided wrongly.
_LEAST_POSTERIOR: Final = 0.995
_LEAST_SUPPORT: Final = 0.98
_LEAST_TELLING_ROWS: Final = 6
_LEAST_NAMED: Final = 0.9
_LEAST_REFUTED: Final = 5.0
_LEAST_REFUTED_A_ROW: Final = 0.05
_LEAST_REFUTED_BY_NAMES: Final = 3.0
_STRONG: Final = np.log(100.0)
_AGAINST: Final = -np.log(10.0)


@dataclass(frozen=True)
class Evidence:
    """One reason to believe in a system; `weight` is the power of ten by which the list is likelier
    under it than under the next best (2: a hundred times)."""

    kind: str
    system: str
    weight: float
    message: Text


@dataclass(frozen=True)
class DatumDecision:
    """`system` is wgs84, gcj02, bd09, mixed, unknown or epsg:N; `confidence` 0..1; `ranking` are
    (hypothesis id, belief 0..1), best first, for asking the user."""

    system: str
    decided: bool
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()


def wanted_system(datum: str) -> str:
    """The option `--datum` as a system, or “auto”; SettingError if it is none."""
    low = datum.strip().lower()
    low = _ALIASES.get(low, low)
    if low in (AUTO, WGS84, GCJ02, BD09) or re.fullmatch(r"epsg:\d{4,6}", low):
        return low
    raise SettingError(
        "The coordinate system “{datum}” is not known; use auto, wgs84, gcj02, bd09 or epsg:N.", datum=datum
    )


def named_systems(words: str) -> dict[str, str]:
    """The systems that titles, sheet names and file names speak of, each with the words that do."""
    low = unicodedata.normalize("NFKC", words).lower()
    low = _NOT.sub(" ", _CONVERTED.sub(" ", low))
    return {system: found[0] for system, pattern in _WORDS.items() if (found := pattern.search(low))}


def decide(words: str, scores: Scores | None, *, units_known: bool = True) -> DatumDecision:
    """The decision on rows that are in one system, or are suspected not to be (then “mixed”, undecided).

    `words` are what the list says about itself, `scores` what the rows say; None if nothing is known. Where
    the system of the units is not known (`units_known`), that rows lie in the units they declare shows only
    that both are in one system: it can speak against a decision, never for one. What the list says of itself
    is decided by, unless the rows speak for another system; rows that agree never make it less certain.
    """
    named = named_systems(words)
    said = tuple(
        Evidence("metadata", system, 2.0, text("The list itself says “{words}”.", words=words))
        for system, words in named.items()
    )
    if scores is None or not len(scores) or not any(v.any() for v in scores.totals().values()):
        if len(named) == 1:
            return DatumDecision(next(iter(named)), True, _WORD_CONFIDENCE, said)
        return DatumDecision(UNKNOWN, False, 0.0, said)
    if not units_known:
        return _beside_unknown_units(words, scores)
    prior = LOG_PRIOR + np.array([_WORD_LOG * (h.id in named) for h in HYPOTHESES])
    belief = believe(scores, prior)
    evidence = (*said, *evidence_of_rows(scores, belief))
    ranking = ranking_of(belief.posterior)
    system = SYSTEM_OF[belief.best]
    if is_decided(belief, named):
        return DatumDecision(system, True, _confidence(belief, named), evidence, ranking)
    if len(named) == 1 and _agrees(belief, next(iter(named))):
        return DatumDecision(next(iter(named)), True, _confidence(belief, named), evidence, ranking)
    if belief.maybe_mixed:
        evidence = (*evidence, _evidence_of_mixture(scores, belief))
    return DatumDecision(MIXED if belief.mixed else UNKNOWN, False, belief.confidence, evidence, ranking)


def _beside_unknown_units(words: str, scores: Scores) -> DatumDecision:
    """Decided by all but the units, if these do not speak against it; else what they would say, asked."""
    without, whole = decide(words, scores.without_units()), decide(words, scores)
    # Undecided with the units, the rows lie in these under another system than the one decided without them.
    other = bool(whole.ranking) and not whole.decided and whole.ranking[0][0] != without.system
    if without.decided and whole.system in (without.system, UNKNOWN) and not other:
        return replace(without, evidence=whole.evidence, ranking=whole.ranking or without.ranking)
    evidence = whole.evidence
    if whole.decided:
        evidence = (*evidence, Evidence(UNITS, UNKNOWN, 0.0, _UNITS_UNKNOWN))
    return replace(whole, system=UNKNOWN if whole.decided else whole.system, decided=False, evidence=evidence)


_UNITS_UNKNOWN: Final = text(
    "The list and the units agree, but nothing shows which system the units are in: both may be shifted. "
    "Give a "
    "layer in true coordinates, or say which system the list is in."
)


def _agrees(belief: Belief, system: str) -> bool:
    """Whether the rows speak for the system that the list names, or not against it, and no second one
    shows."""
    rows = np.sum(list(belief.kinds.values()), axis=0)
    best = float(rows.max())
    named = next(k for k, found in enumerate(SYSTEM_OF) if found == system)
    return best - float(rows[named]) <= -_AGAINST and not belief.mixed


def _confidence(belief: Belief, named: dict[str, str]) -> float:
    agrees = len(named) == 1 and _agrees(belief, next(iter(named)))
    return max(belief.confidence, _WORD_CONFIDENCE) if agrees else belief.confidence


def is_decided(belief: Belief, named: dict[str, str]) -> bool:
    """Whether the evidence is strong, all of one mind, and no second system shows.

    Few rows cannot rule out that some of them are of another system: then a list decides only if it
    also names its system itself.
    """
    system = SYSTEM_OF[belief.best]
    # Buildings say little of a single row, so they must say it more clearly, and the more so the more rows
    # there are: what chance says of a third of them adds up.
    least = max(_LEAST_REFUTED, _LEAST_REFUTED_A_ROW * belief.rows)
    no_mixture = belief.mixture_refuted >= least or belief.names_refuted >= _LEAST_REFUTED_BY_NAMES
    advantages = [belief.advantage(kind) for kind, values in belief.kinds.items() if values.any()]
    return (
        system != UNKNOWN
        and belief.posterior[belief.best] >= _LEAST_POSTERIOR
        and belief.support[belief.best] >= _LEAST_SUPPORT
        and belief.telling_rows >= _LEAST_TELLING_ROWS
        and belief.uniform
        and (no_mixture or system in named)
        and max(advantages) >= _STRONG
        and min(advantages) >= _AGAINST
        and not (named and system not in named)
    )


def likeliest(decision: DatumDecision) -> str:
    """The hypothesis to name when asking: the best if it is believed at least 90 %, else ""."""
    if not decision.ranking or decision.ranking[0][1] < _LEAST_NAMED:
        return ""
    return decision.ranking[0][0]


def belief_in_words(weight: float) -> Text:
    """How much one piece of evidence counts, for a reader who does not read logarithms."""
    if weight >= 2:
        return text("strong")
    if weight >= 1:
        return text("moderate")
    return text("weak") if weight > 0.1 else text("tells nothing")


def evidence_of_rows(scores: Scores, belief: Belief) -> tuple[Evidence, ...]:
    """One piece for each kind of evidence that the rows give, in plain words."""
    pieces = []
    for kind, away_m, sentence in (
        ("member", scores.member_away_m, _MEMBER),
        ("anchor", scores.anchor_away_m, _ANCHOR),
        ("building", scores.building_away_m, _BUILDING),
    ):
        values = belief.kinds[kind]
        if values.any():
            first, second = np.argsort(-values, kind="stable")[:2]
            weight = float((values[first] - values[second]) / np.log(10))
            message = _sentence(sentence, away_m, int(first), int(second))
            pieces.append(Evidence(kind, SYSTEM_OF[first], weight, message))
    return tuple(pieces)


_MEMBER: Final = text(
    "Of {count} rows that declare a unit, {near} lie in it or within 100 m if the coordinates are {first}, "
    "{other_near} if they are {second}."
)
_ANCHOR: Final = text(
    "{count} facilities were found by name in the reference layer; half lie within {median} m of it if the "
    "coordinates are {first}, within {other_median} m if they are {second}."
)
_BUILDING: Final = text(
    "Of {count} rows, half lie within {median} m of a building if the coordinates are {first}, within "
    "{other_median} m if they are {second}."
)


def _sentence(sentence: Text, away_m: Floats, first: int, second: int) -> Text:
    told = away_m[np.isfinite(away_m).all(axis=1)]
    values = {
        "count": len(told),
        "near": int((told[:, first] <= 100).sum()),
        "other_near": int((told[:, second] <= 100).sum()),
        "median": round(float(np.median(told[:, first]))) if len(told) else 0,
        "other_median": round(float(np.median(told[:, second]))) if len(told) else 0,
        "first": HYPOTHESES[first].title,
        "second": HYPOTHESES[second].title,
    }
    return Text(sentence.template, values)


def _evidence_of_mixture(scores: Scores, belief: Belief) -> Evidence:
    first, second = scores.fits(belief.best, belief.second_system)
    said = _MIXTURE if belief.mixed else _PERHAPS_MIXTURE
    values = {
        "first": HYPOTHESES[belief.best].title,
        "second": HYPOTHESES[belief.second_system].title,
        "fit_first": int(first.sum()),
        "fit_second": int(second.sum()),
    }
    return Evidence(MIXTURE, MIXED, belief.mixture_gain / np.log(10), Text(said.template, values))


_MIXTURE: Final = text(
    "{fit_first} rows fit “{first}” better, {fit_second} rows “{second}”: the list seems to be mixed."
)
_PERHAPS_MIXTURE: Final = text(
    "{fit_first} rows fit “{first}” better, {fit_second} rows “{second}”: the list may be mixed."
)


def ranking_of(posterior: Floats) -> tuple[tuple[str, float], ...]:
    """(hypothesis id, belief), best first."""
    order = np.argsort(-posterior, kind="stable")
    return tuple((HYPOTHESES[k].id, float(posterior[k])) for k in order)


def overall(decisions: Sequence[DatumDecision]) -> DatumDecision:
    """One decision for all groups: their common system, “mixed”, or unknown as soon as one is unknown."""
    if not decisions:
        return DatumDecision(UNKNOWN, False, 0.0)
    weakest = min(decisions, key=lambda decision: (decision.decided, decision.confidence))
    systems = {decision.system for decision in decisions}
    evidence = tuple(dict.fromkeys(piece for decision in decisions for piece in decision.evidence))
    if len(systems) == 1:
        return DatumDecision(weakest.system, weakest.decided, weakest.confidence, evidence, weakest.ranking)
    decided = all(decision.decided for decision in decisions)
    system = MIXED if decided or MIXED in systems or len(systems - {UNKNOWN}) > 1 else UNKNOWN
    return DatumDecision(system, decided, weakest.confidence, evidence, weakest.ranking)
