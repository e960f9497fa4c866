"""Complete communities in words: the rows that page, workbook and briefing share."""

from __future__ import annotations

from dataclasses import replace

from coverage.assessment import assess
from coverage.publish import About, results_of
from coverage.publish.measures import measures_of
from data.parse_standard import parse_standard
from reports.briefing.model import Table
from reports.briefing.tables import complete_table
from reports.complete import CompleteCommunities, complete_communities
from tests.coverage.equity.test_complete_community import HALL, HEAD, SHOP
from tests.coverage.tiny_town import study

TOWN = (("shop", 500.0), ("hall", 0.0))


def found(
    *doors: tuple[str, float], with_units: bool = True
) -> tuple[CompleteCommunities | None, Table | None]:
    """W has a shop and a hall that are large enough; from E some reach the shop, unless others are given."""
    city = study(doors or TOWN, area_m2=[400.0] * len(doors or TOWN), with_units=with_units)
    standard = parse_standard(HEAD + SHOP + HALL, source="t.toml")
    done = assess(city, standard)
    extras = measures_of(done)
    made = complete_communities(extras["complete_needs"], extras["complete_communities"], standard)
    return made, complete_table(replace(results_of(done, About()), extras=extras))


def test_every_place_has_its_states_and_every_need_its_counts() -> None:
    made, table = found()
    assert made is not None
    assert {place.unit_id: (place.states, place.complete) for place in made.places} == {
        "W": (("met", "met"), True),
        "E": (("too far", "absent"), False),
    }
    assert [need.counts["met"] for need in made.needs] == [1, 1]
    assert str(made.said[0]) == "Complete are 1 of 2 communities (50.0%)."
    assert table is not None
    assert [[str(cell) for cell in row[2:]] for row in table.rows] == [
        ["1", "0", "0", "1", "0"],
        ["1", "0", "0", "0", "1"],
    ]


def test_a_kind_that_no_list_names_is_said_to_be_unknown() -> None:
    made, _ = found(*[("shop", 500.0)])
    assert made is not None
    assert str(made.said[-1]).startswith("The lists name none of these: hall.")
    made, _ = found()
    assert made is not None
    assert not any("none of these" in str(said) for said in made.said)


def test_without_units_the_whole_is_one_place() -> None:
    made, _ = found(with_units=False)
    assert made is not None
    assert [place.states for place in made.places] == [("too far", "met")]
    assert "has 1 of the 2 things asked for" in str(made.said[0])
