"""What arrived since the last run becomes rows, in one write, before anything is decided.

Answers by mail, confirmed bank lines, agreements that people typed, recurring receivables. Each is
on the ledger's disk before the sheet is touched, each row carries an identity from its cause, so
that a run that dies anywhere repeats nothing and loses nothing. A workbook that cannot be written
is not acted on: its run is postponed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from sync.effects import Effect
from sync.look import Look
from sync.workbook import Applied, Change, Snapshot, Store

_TRIES = 3  # when somebody saves between our read and our write


class Source(Protocol):
    """One kind of arrival."""

    def collect(self, seen: Look) -> None:
        """Put what is new on the ledger's disk; nothing in the sheet is touched."""
        ...

    def changes(self, seen: Look) -> list[Change]:
        """The rows that the sheet lacks; the same again for a workbook that has them: none."""
        ...

    def written(self, seen: Look) -> None:
        """The changes of the last `changes` stand in the sheet (or there were none to make)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a source tells people of: rows that are new in the sheet, and what kept it from more.

    `trouble` is a sentence of the mail server's or the like, in its own words.
    """

    rows: tuple[Effect, ...] = ()
    trouble: str | None = None


NOTHING_NEW = News()


@runtime_checkable
class Tells(Protocol):
    """A source of which people are told."""

    def news(self) -> News:
        """What there is to tell since it was made."""
        ...


def news_of(sources: Iterable[Source]) -> News:
    """What all of them tell."""
    told = [source.news() for source in sources if isinstance(source, Tells)]
    troubles = [each.trouble for each in told if each.trouble]
    return News(
        rows=tuple(row for each in told for row in each.rows),
        trouble="; ".join(troubles) or None,
    )


Sources: TypeAlias = Callable[[str], Sequence[Source]]
"""By a workbook's identity, what arrives for it."""


class KeepsChanging(Exception):
    """Somebody saved the workbook again and again between our read and our write."""


def take_in(
    sources: Sequence[Source],
    seen: Look,
    store: Store,
    look_at: Callable[[Snapshot], Look],
    *,
    first: Sequence[Change] = (),
) -> Look:
    """Collect from all sources and write what the sheet lacks; the workbook as it then stands.

    `first` are changes that go with any write. Nothing new: `seen` itself, and nothing is written.
    Raises NotWritable, KeepsChanging: what was collected waits on the ledger's disk.
    """
    for source in sources:
        source.collect(seen)
    for _ in range(_TRIES):
        changes = [change for source in sources for change in source.changes(seen)]
        if not changes:
            _written(sources, seen)
            return seen
        if seen.snapshot.obstacle is not None:
            raise seen.snapshot.obstacle.error()
        applied = store.apply([*first, *changes], seen.snapshot.revision)
        if isinstance(applied, Applied):
            _written(sources, seen)
            return look_at(store.read())
        seen = look_at(store.read())
    raise KeepsChanging


def _written(sources: Iterable[Source], seen: Look) -> None:
    for source in sources:
        source.written(seen)
