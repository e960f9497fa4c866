from __future__ import annotations

from itertools import combinations

import pytest

from maps import palette


def light(colour: str) -> float:
    """Relative luminance (WCAG)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


def without_green_cones(colour: str) -> tuple[float, float]:
    """What is left of a colour for the commonest colour blindness: yellow against blue, and lightness."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (red + green) / 2 - blue, light(colour)


@pytest.mark.parametrize("limits", [1, 2, 3, 4])
def test_there_is_a_colour_for_every_walking_class(limits: int) -> None:
    assert len(set(palette.walk_colours(limits))) == limits + 1


def lightness_on_paper(colour: str) -> float:
    """CIE L* of a colour of the cells as it lies, not quite opaque, on the paper of the map."""
    share = palette.CELL_OPACITY
    ends = [[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in (colour, palette.PAPER)]
    parts = [round(share * over + (1 - share) * under) for over, under in zip(*ends, strict=True)]
    mixed = "#" + "".join(f"{part:02x}" for part in parts)
    return 116 * light(mixed) ** (1 / 3) - 16


LEGENDS = [
    palette.OUTCOMES,
    palette.CHANGES,
    tuple(palette.AREAS.values()),
    *(palette.walk_colours(limits) for limits in (1, 2, 3, 4)),
]


@pytest.mark.parametrize("colours", LEGENDS)
def test_classes_of_a_legend_differ_in_a_grey_print(colours: tuple[str, ...]) -> None:
    for one, other in combinations(map(lightness_on_paper, colours), 2):
        assert abs(one - other) >= 10


@pytest.mark.parametrize(
    "colours", [palette.OUTCOMES, tuple(palette.AREAS.values()), palette.walk_colours(2)]
)
def test_colours_differ_without_green_cones(colours: tuple[str, ...]) -> None:
    for one, other in combinations(map(without_green_cones, colours), 2):
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) > 0.15


def test_words_of_verdicts_are_readable_on_white() -> None:
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in palette.VERDICTS.values())


def test_tiers_repeat_their_marks_after_the_table_ends() -> None:
    assert palette.tier_mark(7) == palette.tier_mark(2)
