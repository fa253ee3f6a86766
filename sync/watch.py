"""Step 5 of a run, before each message: is it still right?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.claims import Claim
from sync.domain.decisions import Decision
from sync.domain.dunning import decide
from sync.ledger_offers import Offered
from sync.letter_choices import offered_of, options_of
from sync.look import Look
from sync.send import Claimed
from sync.workbook import Snapshot, Store


class Watch:
    """Reads the workbook again before messages leave, when it is no longer what was claimed in."""

    def __init__(
        self,
        store: Store,
        look_at: Callable[[Snapshot], Look],
        now: Callable[[], datetime],
        claims: Mapping[str, Claim],
        revision: str,
        *,
        in_window: bool,
    ) -> None:
        self.store = store
        self.look_at = look_at
        self.now = now
        self.in_window = in_window
        self.claims = claims
        self.revision = revision
        self.seen: Look | None = None  # None: nothing changed so far
        self.now_due: dict[str, Decision] = {}

    def why_not(self, claimed: Claimed) -> str | None:
        """None: the message is still right; else what changed."""
        present = self.store.revision()
        if present != self.revision:
            self.revision = present
            self.seen = self.look_at(self.store.read())
            self.now_due = self._decide_again(self.seen)
        if self.seen is None:
            return None
        claim = self.claims[claimed.reference]
        again = self.now_due.get(claim.decision.client)
        if again is None or not same_message(claim.decision, again):
            return "changed since it was decided"
        if not same_options(claim.planned.offers, again, self.seen):
            return "what may be offered changed since it was decided"
        return None

    def _decide_again(self, seen: Look) -> dict[str, Decision]:
        """What would be decided now, were this run's own claims not there yet."""
        ours = self.claims.keys()
        others = tuple(r for r in seen.facts.reminders if r.reference not in ours)
        facts = replace(seen.facts, reminders=others)
        now = self.now()
        plan = decide(
            facts,
            seen.calendar,
            now.date(),
            time_of_day=now.time() if self.in_window else None,
            acting=True,
        )
        return {each.client: each for each in plan.decisions if each.deliverable}


def same_message(one: Decision, other: Decision) -> bool:
    """Whether two decisions say the same to the same people about the same amounts."""
    return (one.keys, one.to, one.cc, one.total) == (
        other.keys,
        other.to,
        other.cc,
        other.total,
    ) and [item.standing for item in one.listed] == [item.standing for item in other.listed]


def same_options(offered: Sequence[Offered], decision: Decision, seen: Look) -> bool:
    """Whether what a letter offers is still what the workbook allows, to the cent and day."""
    if not offered:
        return True
    late = [each.standing.id for each in decision.listed if each.standing.days_past_due > 0]
    options = options_of(decision, late, seen.facts, seen.book, seen.calendar)
    return [each.terms for each in offered] == [each.terms for each in offered_of(options)]
