"""Points for paying on time (settings)."""

from sync.domain.clients import settled_normally
from sync.domain.facts import Facts
from sync.domain.standing import Book


def points_of(book: Book, facts: Facts, client: str) -> int:
    """The setting × all of the client's payments on time, as the clients tab counts them."""
    if facts.settings.points <= 0:
        return 0
    standings = (book.standings[item.id] for item in book.accounts.items_of(client))
    on_time = sum(not s.is_open and settled_normally(s) and not s.days_past_due for s in standings)
    return facts.settings.points * on_time
