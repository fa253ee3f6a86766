"""The seams of a run where a story happens: its store and its transport, watched by a team."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mailer.delivery import Outcome, Transport
from mailer.letter import OutgoingMessage
from sync.workbook import Applied, Change, Conflict, ReplaceBody, Snapshot, Store

if TYPE_CHECKING:
    from tests.whole_days import Team


class Watched:
    """A store whose every touch is a moment of the story."""

    def __init__(self, team: "Team", inner: Store) -> None:
        self.team = team
        self.inner = inner

    def read(self) -> Snapshot:
        self.team.moment("read")
        return self.inner.read()

    def revision(self) -> str:
        self.team.moment("check")
        return self.inner.revision()

    def apply(self, changes: Sequence[Change], expected_revision: str) -> Applied | Conflict:
        self.team.moment("write")
        before = self.team.book.kept()
        result = self.inner.apply(changes, expected_revision)
        with_queue = any(isinstance(c, ReplaceBody) and c.tab == "queue" for c in changes)
        self.team.written(before, result, with_queue=with_queue)
        self.team.moment("written")
        return result


class Post:
    """A transport into a folder, with a fate of its own."""

    def __init__(self, team: "Team", inner: Transport) -> None:
        self.team = team
        self.inner = inner

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        return self.team.deliver(message, on_commit, self.inner)
