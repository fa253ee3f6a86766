"""Step 5 of a run, before each message: is it still right?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sync.claims import Claim
from sync.domain.decisions import Decision
from sync.domain.dunning import decide
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
        self.now_due: dict[str, Decision] | None = None  # None: nothing changed so far

    def why_not(self, claimed: Claimed) -> str | None:
        """None: the message is still right; else what changed."""
        present = self.store.revision()
        if present != self.revision:
            self.revision = present
            self.now_due = self._decide_again()
        if self.now_due is None:
            return None
        decision = self.claims[claimed.reference].decision
        again = self.now_due.get(decision.client)
        if again is None or not same_message(decision, again):
            return "changed since it was decided"
        return None

    def _decide_again(self) -> dict[str, Decision]:
        """What would be decided now, were this run's own claims not there yet."""
        snapshot = self.store.read()
        ours = self.claims.keys()
        seen = self.look_at(snapshot)
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
