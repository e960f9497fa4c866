"""Which columns of a table are the residents and the groups, with the evidence; and the rows that count."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import Text, listed, text
from coverage.model.tables import Bools, Floats
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead, because
from data.intake.findings import ERROR, INFO, WARNING, Finding, Level
from data.population.raster_unit import plausible_unit, unit_words
from data.population.tables.by_time import column_by_time, could_both_be
from data.population.tables.heads import (
    COUNT,
    DENSITY,
    GROUP_AGES,
    PER_HA,
    PER_KM2,
    PERCENT,
    REGISTERED_RANK,
    RESIDENTS,
    Head,
    bands_of,
    hinted_unit,
    understood,
)
from data.population.tables.long_tables import one_row_a_cell, without_total_rows
from data.population.tables.numbers import same_numbers, times_said, without_sentinels, written_numbers
from data.population.tables.sums import ADDED, against_parts, is_sum, plain, with_sum
from data.population.tables.table_files import Sheet

_MOST_ROWS: Final = 30
# A group of so small a share, with no number above 100, is rather a percentage.
_PERCENT_SHARE: Final = 0.015
_FEW_ROWS: Final = 5
# Whole numbers as small as this on average are people counted one by one.
_COUNTED_SINGLY: Final = 3.0
# Residents differ strongly from place to place: the deviation of their logarithm; a group goes with them
# where the deviation of its share is well below that.
_UNEVEN: Final = 0.3
_APART: Final = 0.9
_MANY: Final = 0.1
_M2: Final = {PER_HA: 1e4, PER_KM2: 1e6}


@dataclass(frozen=True)
class Columns:
    """Answers to what a table leaves open: the column of residents, what it counts, what groups count.

    `option` and `field` are where the column is named: on the command line, and among the study's answers.
    """

    residents: str = ""
    unit: str = "auto"
    group_units: Mapping[str, str] = dataclasses.field(default_factory=dict)
    option: str = "--population-column"
    field: str = "population_column"


@dataclass(frozen=True)
class PeopleTable:
    """The rows that count: (n,) `residents` and `groups`, NaN where a number cannot be read.

    `frame` are those rows as they stand, `column` is the residents' title, `unit` what it counted, `why`
    says which rows were left out and what was added up.
    """

    frame: pd.DataFrame
    residents: Floats
    groups: Mapping[str, Floats]
    column: str
    unit: str
    findings: tuple[Finding, ...]
    aside: tuple[InputRead, ...]
    rows: int
    why: Text | str = ""


def people_of_table(
    sheet: Sheet,
    file: str,
    columns: Columns,
    *,
    key: Sequence[str] = (),
    area_m2: Floats | None = None,
) -> PeopleTable:
    """Residents and groups of a table or layer; `key` are the titles that name a cell, `area_m2` the
    ground of each row where it is known (a density needs it).

    Chosen are usual residents before population before registered ones, never a density where a count is
    there, the latest of several years; where no column counts everybody, those that make up everybody (men
    and women, ages without a gap) are added. InputError without such a column, and OpenQuestionError where
    two could be meant.
    """
    titles = sheet.titles
    heads: Mapping[str, Head] = {title: understood(title) for title in titles}
    frame = sheet.frame if area_m2 is None else sheet.frame.assign(__ground=area_m2)
    findings = _Notes(file, sheet.name)
    frame, said = without_total_rows(frame, heads)
    findings.add(INFO, "population-total-row", *said)
    why = list(said)
    summed = with_sum(frame, heads, columns.residents)
    frame, heads = summed.frame, summed.heads
    findings.add(WARNING, "population-parts", *summed.said)
    by_time = (
        column_by_time(frame, heads, file, (columns.option, columns.field)) if not summed.named else None
    )
    if by_time is not None:
        findings.add(WARNING, "population-long-table", by_time[1])
        why.append(by_time[1])
    ground = None if area_m2 is None else frame["__ground"].to_numpy(float)
    values = {title: written_numbers(frame[title]) for title, head in heads.items() if head.kind == RESIDENTS}
    chosen, aside = _residents(
        frame,
        heads,
        values,
        replace(columns, residents=summed.named or (by_time[0] if by_time else "")),
        ground,
        (file, sheet.name),
    )
    frame, by_age, said = one_row_a_cell(frame, key, chosen.title, file)
    findings.add(WARNING, "population-long-table", *said)
    why += [*said, *([ADDED] if is_sum(chosen.title) else [])]
    ground = None if ground is None else frame["__ground"].to_numpy(float)
    frame = frame.drop(columns="__ground", errors="ignore")
    unit, residents, signs = _counted(frame, chosen, columns.unit, ground, sheet, file)
    findings.add(WARNING, "population-undeclared-nodata", *signs)
    findings.add(WARNING, "population-parts", *against_parts(frame, heads, chosen, residents))
    if chosen.rank == REGISTERED_RANK:
        findings.add(WARNING, "population-registered", text(
            "The column {column} counts registered residents (户籍); who lives here without being "
            "registered is missing.",
            column=chosen.title))  # fmt: skip
    groups = _groups(frame, heads, residents, columns.group_units, (file, sheet.title))
    for name, series in by_age.items():
        groups[name] = np.asarray(series.reindex(frame.index), np.float64)
    return PeopleTable(
        frame,
        residents,
        groups,
        chosen.title,
        unit,
        tuple(findings.found),
        tuple(aside),
        len(sheet.frame),
        because(*why),
    )


def _counted(
    frame: pd.DataFrame, chosen: Head, asked: str, ground: Floats | None, sheet: Sheet, file: str
) -> tuple[str, Floats, list[Text]]:
    """What the chosen column counts, its residents (NaN where a number says “no data”), and what is said."""
    numbers = written_numbers(frame[chosen.title])
    unit = _unit(chosen, asked, numbers, ground, file)
    scale = chosen.scale if chosen.scale != 1.0 else times_said(sheet.title, sheet.name, sheet.notes)
    residents = (
        numbers * scale if unit == COUNT else numbers * (ground if ground is not None else np.nan) / _M2[unit]
    )
    bad, signs = without_sentinels(residents, apart=0.1)
    said = [
        text(
            "{cells:,} {cells:row|rows} of {column} {cells:holds|hold} {value:,.6g}, which stands for "
            "“no data”; nobody is counted there.",
            cells=sign.cells,
            column=chosen.title,
            value=sign.value,
        )
        for sign in signs
    ]
    return unit, np.where(bad, np.nan, residents), said


class _Notes:
    def __init__(self, file: str, sheet: str) -> None:
        self.file, self.sheet, self.found = file, sheet, list[Finding]()

    def add(self, level: Level, code: str, *messages: Text) -> None:
        self.found += [Finding(self.file, self.sheet, 0, "", level, code, message) for message in messages]


def _residents(
    frame: pd.DataFrame,
    heads: Mapping[str, Head],
    values: Mapping[str, Floats],
    columns: Columns,
    ground: Floats | None,
    where: tuple[str, str],
) -> tuple[Head, list[InputRead]]:
    """The column that counts, and those that do not with why."""
    if columns.residents:
        return _named(list(heads), columns.residents, where[0], heads), []
    usable = {t: v for t, v in values.items() if np.isfinite(v).mean() >= 0.5}
    dense = [t for t in usable if heads[t].unit in (PER_HA, PER_KM2, DENSITY)]
    aside = {t: text("a density") for t in dense}
    counts = [t for t in usable if t not in dense]
    for title in list(counts):
        if any(same_numbers(usable[title], usable[other]) for other in dense) and len(counts) > 1:
            aside[title] = text("holds the same numbers as a density")
            counts.remove(title)
    for title in list(counts):
        others = [usable[other] for other in counts if other != title]
        if ground is not None and any(_is_density_of(usable[title], other, ground) for other in others):
            aside[title] = text("is the density of another column")
            counts.remove(title)
    counts = [t for t in counts if not heads[t].weak or not _is_number_of_rows(usable[t])]
    for title in [t for t in counts if plain(t).endswith("count")]:
        # Zonal statistics: beside the sum of the pixels their number.
        before = plain(title).removesuffix("count")
        if any(plain(other) == f"{before}sum" for other in counts):
            aside[title] = text("the number of pixels, beside their sum")
            counts.remove(title)
    if not counts and dense and ground is not None:
        counts = dense[:1]
        aside.pop(dense[0])
    if not counts:
        unread = {t: frame[t] for t in values if t not in usable and frame[t].notna().any()}
        raise _no_residents(list(heads), dense, unread, where[0], columns.option)
    best = min(heads[t].rank for t in counts)
    top = [t for t in counts if heads[t].rank == best]
    year = max(heads[t].year for t in top)
    latest = [t for t in top if heads[t].year == year]
    chosen = latest[0]
    for other in latest[1:]:
        if not same_numbers(usable[chosen], usable[other]):
            raise could_both_be(where[0], frame, chosen, other, (columns.option, columns.field))
    for title in counts:
        if title != chosen:
            aside[title] = _why(heads[title], heads[chosen])
    read = [
        InputRead("population", *where, column=title, rows_left_out=len(frame), used=False, why=why)
        for title, why in aside.items()
    ]
    return heads[chosen], read


def _named(titles: list[str], named: str, file: str, heads: Mapping[str, Head]) -> Head:
    """The column that was asked for: its title, or its number from 1."""
    found = next((t for t in titles if plain(t) == plain(named)), "")
    if not found and named.isdigit() and 1 <= int(named) <= len(titles):
        found = titles[int(named) - 1]
    if not found:
        raise InputError(
            "{file}: there is no column {column}. The columns are: {columns}.",
            file=file,
            column=named,
            columns=listed(titles[:20]),
        )
    head = heads[found]
    return head if head.kind == RESIDENTS else Head(found, RESIDENTS, 0, scale=head.scale, unit=head.unit)


def _is_density_of(one: Floats, other: Floats, ground: Floats) -> bool:
    """Whether `one` is `other` by hectare or km² of the ground."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return any(
            same_numbers(one, other / (ground / m2)) and not same_numbers(one, other) for m2 in _M2.values()
        )


def _is_number_of_rows(values: Floats) -> bool:
    """Whether a column only counts the rows: 0, 1, 2, …"""
    return len(values) > 3 and bool((np.diff(np.sort(values)) == 1).all())


def _why(head: Head, chosen: Head) -> Text:
    if head.year != chosen.year and head.rank == chosen.rank:
        return text("another year than {column}", column=chosen.title)
    if head.rank == REGISTERED_RANK:
        return text("registered residents, not those who live here")
    return text("{column} says more clearly who lives here", column=chosen.title)


def _no_residents(
    titles: list[str], dense: list[str], unread: Mapping[str, pd.Series], file: str, option: str
) -> InputError:
    """Why no column is taken: it is a density, it holds no numbers, or none is called so."""
    if dense:
        return InputError(
            "{file}: the column {column} is a density, and the ground of each row is not known. Give a "
            "count of residents, or a map layer of areas.",
            file=file,
            column=dense[0],
        )
    for title, cells in unread.items():
        wrong = cells[~np.isfinite(written_numbers(cells))]
        said = next((str(cell) for cell in wrong.dropna() if str(cell).strip()), "")
        return InputError(
            "{file}: the column {column} is that of the residents by its title, but {count:,} of {rows:,} "
            "rows hold no number there{example}. Write numbers, or name another column with {option}.",
            file=file,
            column=title,
            count=len(wrong),
            rows=len(cells),
            example=text(" (“{value}”)", value=said) if said else "",
            option=option,
        )
    return InputError(
        "{file}: no column counts residents. The columns are: {columns}. {option} names the right one.",
        file=file,
        columns=listed(titles[:20]),
        option=option,
    )


def _unit(head: Head, asked: str, numbers: Floats, ground: Floats | None, file: str) -> str:
    """What the column counts. A density needs the ground of each row."""
    unit = asked if asked not in ("auto", "ask") else head.unit
    if unit == PERCENT:
        unit = COUNT
    if unit == DENSITY and ground is not None:
        unit = plausible_unit(numbers, ground) or PER_KM2
    if unit != COUNT and ground is None:
        raise InputError(
            "{file}: its rows are points, so a number {unit} makes no residents. Give a map layer of areas, "
            "or a count.",
            file=file,
            unit=unit_words(unit),
        )
    return unit


def _groups(
    frame: pd.DataFrame,
    heads: Mapping[str, Head],
    residents: Floats,
    units: Mapping[str, str],
    where: tuple[str, str],
) -> dict[str, Floats]:
    """Groups by their columns; empty cells count nobody."""
    file, title = where
    found: dict[str, Floats] = {}
    for group in GROUP_AGES:
        bands = bands_of(group, heads.values())
        if not bands:
            continue
        numbers = np.sum(
            [
                np.maximum(np.nan_to_num(written_numbers(frame[band.title])), 0.0) * band.scale
                for band in bands
            ],
            axis=0,
        )
        declared = units.get(group) or (PERCENT if hinted_unit(title) == PERCENT else bands[0].unit)
        if declared == COUNT and group not in units and is_rather_percent(numbers, residents):
            raise percent_question(file, group, numbers, residents)
        found[group] = numbers * np.nan_to_num(residents) / 100.0 if declared == PERCENT else numbers
        if declared == PERCENT and numbers.max(initial=0.0) <= 1.0:
            found[group] *= 100.0
    return found


def is_rather_percent(numbers: Floats, residents: Floats) -> bool:
    """Whether numbers of a group, each beside the residents of its place, may well be percent or parts of 1.

    None is above 100, and they are far too few to be people; or they stay alike where residents differ
    strongly, as shares do and people do not; or many are more than all residents there, and do not go with
    them.
    """
    there = np.isfinite(numbers) & np.isfinite(residents) & (numbers > 0) & (residents > 0)
    few = int(there.sum()) < _FEW_ROWS or float(np.nanmax(numbers, initial=0.0)) > 100.0
    if few or (np.all(numbers[there] % 1 == 0) and float(numbers[there].mean()) < _COUNTED_SINGLY):
        return False
    total = float(np.nansum(residents))
    if float(np.nansum(numbers)) < _PERCENT_SHARE * total and float(np.nanmedian(residents)) > 100.0:
        return True
    own, all_people = np.log(numbers[there]), np.log(residents[there])
    uneven, of_own, of_ratio = (float(np.std(values)) for values in (all_people, own, own - all_people))
    alike = uneven > _UNEVEN and of_own < uneven / 2 and of_ratio > _APART * uneven
    more = float(np.mean(numbers[there] > residents[there])) > _MANY
    return alike or (more and of_ratio >= of_own / 2)


def percent_question(file: str, group: str, numbers: Floats, residents: Floats) -> OpenQuestionError:
    """Asks whether a group is counted or given in percent."""
    return OpenQuestionError(
        text(
            "{file}: the numbers of the group {group} add up to {sum:,.1f} of {residents:,.0f} residents "
            "and none is above 100. Are they people or percent (%)? Answer with --group-unit {group}=count "
            "or {group}=percent.",
            file=file,
            group=group,
            sum=float(numbers.sum()),
            residents=float(np.nansum(residents)),
        ),
        option="--group-unit",
        field=f"group_units:{group}",
        choices=(COUNT, PERCENT),
    )


def unusable_rows(frame: pd.DataFrame, fine: Mapping[str, Bools], file: str, sheet: Sheet) -> list[Finding]:
    """A finding for each row that is left out, by its first unusable column; after 30 only their number."""
    found: list[Finding] = []
    for column, good in fine.items():
        rows = np.flatnonzero(~good)
        found += [
            Finding(
                file,
                *sheet.at(int(frame.index[row])),
                column,
                ERROR,
                "unusable-value",
                _unusable(frame[column].iloc[row]),
            )
            for row in rows[:_MOST_ROWS]
        ]
        if len(rows) > _MOST_ROWS:
            more = text(
                "{count:,} more {count:row|rows} of this column cannot be used.", count=len(rows) - _MOST_ROWS
            )
            found.append(Finding(file, sheet.name, 0, column, ERROR, "unusable-value", more))
    return sorted(found, key=lambda finding: finding.row or 10**9)


def _unusable(value: object) -> Text:
    word = "" if value is None or value != value else str(value)
    return text("“{value}” cannot be used here; the row is left out. Please correct it.", value=word)
