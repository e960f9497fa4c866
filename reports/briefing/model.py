"""What a briefing says, as plain data: every form (slides, document, PDF, pictures, Markdown) is drawn from
it, and none computes. Words are `Sayable`, so that one model serves both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.text import Sayable, Text, text

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Figure:
    """A number and where it stands in the result: `key` is a path in its JSON (`rules[3].share`,
    `plan.residents_after`, `detours[station-radius].cut_off`), `words` how it is printed."""

    key: str
    value: float
    words: Sayable


@dataclass(frozen=True)
class Said:
    """A sentence with the figures in it."""

    words: Sayable
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class KeyFigure:
    """A large number with what it is, what it is a part of (`figures` are its own), and the rule it is of."""

    figure: Figure
    title: Sayable
    whole: Sayable
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of words: `widths` are relative, `right` the columns of numbers, `notes` stand below it,
    `figures` are the numbers in its cells, each with the cell as its words."""

    title: Sayable
    head: tuple[Sayable, ...]
    rows: tuple[tuple[Sayable, ...], ...]
    widths: tuple[float, ...]
    right: tuple[int, ...] = ()
    notes: tuple[Sayable, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A unit's share (0..1) and who of how many is left out, with the `figures` of that."""

    name: str
    share: Figure
    words: Sayable
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Bars:
    """The units of one level by one rule, the worst first; `words` says how many of how many are shown."""

    title: Sayable
    words: Sayable
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class View:
    """A map: `colour` says by what the cells are coloured ("rule:ID", "cut_off:ID", "change:ID",
    "before:ID", "after:ID", "new" for whom a plan serves anew; "paths": not at all, with the map's lines),
    `bounds` what it shows (None: the whole area), `gaps` of which rule's gaps outlines and ranks are drawn
    and `ranks` of which of them (none: the first ten)."""

    key: str
    title: Sayable
    colour: str
    bounds: Bounds | None = None
    gaps: str = ""
    ranks: tuple[int, ...] = ()
    sites: bool = False


@dataclass(frozen=True)
class GapFinding:
    """One of the largest gaps: where, and what is known of it."""

    rank: int
    place: Sayable
    facts: tuple[tuple[Sayable, Figure], ...]
    view: View

    @property
    def title(self) -> Text:
        """Its number and its place, where that is known and may be said."""
        numbered = text("Gap {rank}", rank=self.rank)
        if self.place == numbered:
            return numbered
        return text("Gap {rank}: {place}", rank=self.rank, place=self.place)

    @property
    def residents(self) -> Sayable:
        """Whom it leaves out; of one that crosses into other districts also how many live in those chosen."""
        figures = [figure for _, figure in self.facts]
        here = [one for one in figures if one.key.endswith(".residents_here")]
        if not here:
            return figures[0].words
        return text("{all} ({here} in the districts chosen)", here=here[0].words, all=figures[0].words)


@dataclass(frozen=True)
class Walking:
    """A radius rule read along the streets: who is inside the circle and cannot walk it, and `where` most of
    them live."""

    said: Said
    straight: View
    on_foot: View | None
    cut_off: View
    where: Table | None = None


@dataclass(frozen=True)
class Proposal:
    """What is suggested: the sites of a plan in the order to build them, or the best point of each of the
    largest gaps where there is no plan."""

    said: tuple[Said, ...]
    table: Table
    view: View | None


@dataclass(frozen=True)
class Briefing:
    """Everything that is said of one result.

    `strip` are the lines that stand on every product (term, value); `caveats` limit the figures and stand
    beside them; `code` repeats the result: it is made of its inputs, settings and standard alone. `mark` is
    a security mark or a map review number, `day` the day of the assessment in China. `lists` are the tables
    of facility lists that were compared, or of a study of land alone; `part` says that it is of some
    districts alone.
    """

    kind: Literal["assessment", "plan", "scenario", "period", "lists", "land"]
    public: bool
    city: str
    title: Sayable
    subtitle: Sayable
    badges: tuple[Sayable, ...]
    headline: Said
    key_figures: tuple[KeyFigure, ...]
    tally: Said
    conclusion: tuple[Said, ...]
    caveats: tuple[Sayable, ...]
    map: View
    method: Table
    strip: tuple[tuple[Sayable, Sayable], ...]
    author: str
    mark: Sayable
    day: str
    created: str
    code: str
    rules: Table | None = None
    walking: Walking | None = None
    units: Bars | None = None
    gaps: tuple[GapFinding, ...] = ()
    gap_table: Table | None = None
    changes: Table | None = None
    pair: tuple[View, View] | None = None
    history: Table | None = None
    proposal: Proposal | None = None
    tasks: Table | None = None
    next_steps: tuple[Said, ...] = ()
    shares: Table | None = None
    complete: Table | None = None
    lists: tuple[Table, ...] = ()
    part: bool = False

    @property
    def besides(self) -> tuple[Said, ...]:
        """The conclusion without the headline, for forms that have just said it."""
        return tuple(one for one in self.conclusion if one != self.headline)

    @property
    def views(self) -> Mapping[str, View]:
        """Every map it speaks of, by key."""
        walking = self.walking
        found = [self.map, *(self.pair or ()), *(gap.view for gap in self.gaps)]
        found += [] if walking is None else [walking.straight, walking.cut_off]
        found += [walking.on_foot] if walking is not None and walking.on_foot is not None else []
        found += [self.proposal.view] if self.proposal is not None and self.proposal.view is not None else []
        return {view.key: view for view in found}

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table with figures of its own."""
        walked = None if self.walking is None else self.walking.where
        proposed = None if self.proposal is None else self.proposal.table
        found = (
            self.rules,
            self.changes,
            self.history,
            walked,
            self.gap_table,
            proposed,
            self.tasks,
            self.shares,
        )
        return tuple(one for one in (*found, self.complete, *self.lists, self.method) if one is not None)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure that is printed in each of the forms in words."""
        said = [self.headline, self.tally, *self.conclusion, *self.next_steps]
        said += [] if self.walking is None else [self.walking.said]
        said += [] if self.proposal is None else list(self.proposal.said)
        found = [figure for one in said for figure in one.figures]
        for one in self.key_figures:
            found += [one.figure, *one.figures]
        for bar in self.units.bars if self.units is not None else ():
            found += [bar.share, *bar.figures]
        return tuple(found + [figure for gap in self.gaps for _, figure in gap.facts])
