"""Wrong parts for the process that is going to die; the process after it is sound."""

from collections.abc import Callable, Iterable

from sync.ledger import Ledger
from sync.message_states import State
from sync.stores.file_exchange import FileExchange, Replaced, content_hash


def commits_after_the_body() -> None:
    """The ledger's word comes only with the server's."""
    begin, finish = Ledger.begin_sending, Ledger.finish

    def late(ledger: Ledger, reference: str, state: State, reply: str = "") -> State:
        begin(ledger, reference)
        return finish(ledger, reference, state, reply)

    def not_yet(ledger: Ledger, reference: str) -> bool:
        return ledger.state(reference) is State.PLANNED

    Ledger.begin_sending = not_yet  # type: ignore[assignment,method-assign] # that is the mutation
    Ledger.finish = late  # type: ignore[assignment,method-assign] # likewise


def writes_in_place() -> None:
    """The workbook is written over piece by piece."""

    def in_place(exchange: FileExchange, fresh: object, pieces: Iterable[bytes]) -> str:
        del fresh
        data = b""
        with exchange.path.open("wb", buffering=0) as file:
            for piece in pieces:
                data += piece
                file.write(piece)
        return content_hash(data)

    FileExchange._write = in_place  # type: ignore[assignment,method-assign] # likewise
    FileExchange._put = lambda _self, _fresh, _old, revision, _now: Replaced(revision)  # type: ignore[method-assign,assignment] # likewise


MUTANTS: dict[str, Callable[[], None]] = {
    "right": lambda: None,
    "commits after the body": commits_after_the_body,
    "writes in place": writes_in_place,
}
