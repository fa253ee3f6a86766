"""What a message that came in does to the sheet: plain values that wait in the ledger, then rows.

An effect is on the disk before the sheet is touched and is forgotten once the sheet shows it. Its
`ref` comes from the message itself, so a row written by a run that died is recognised.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sheet_templates import headings
from sync.agreeing_rows import instalment_row
from sync.domain.facts import Instalment, NegotiationKind, Outcome
from sync.domain.negotiation import PlannedInstalment
from sync.key_text import key_text
from sync.negotiation_rows import derived_ref
from sync.views.cells import clipped, joined, same
from sync.workbook import AppendRows, Cell, Change, SetCells, Snapshot

_FROM_MAIL = "M-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One row of the negotiations tab, with what belongs to it.

    `kind` None: no row, only an outcome. `reference` and `message_id` are those of our message
    that was answered or came back, `outcome` what became of it by this; None for nothing new.
    """

    client: str
    at: datetime
    ref: str
    kind: NegotiationKind | None
    notes: str = ""
    receivables: tuple[str, ...] = ()
    amount: Decimal | None = None
    discount: Decimal | None = None
    instalments: tuple[PlannedInstalment, ...] = ()
    reference: str = ""
    message_id: str = ""
    outcome: Outcome | None = None

    def json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "client": self.client,
            "at": self.at.isoformat(),
            "ref": self.ref,
            "kind": self.kind,
            "notes": self.notes,
            "receivables": list(self.receivables),
            "amount": _text(self.amount),
            "discount": _text(self.discount),
            "instalments": [
                [part.number, part.due_on.isoformat(), _text(part.amount)]
                for part in self.instalments
            ],
            "reference": self.reference,
            "message_id": self.message_id,
            "outcome": self.outcome,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Effect":
        """The effect that `json` gave."""
        return cls(
            client=raw["client"],
            at=datetime.fromisoformat(raw["at"]),
            ref=raw["ref"],
            kind=NegotiationKind(raw["kind"]) if raw["kind"] else None,
            notes=raw["notes"],
            receivables=tuple(raw["receivables"]),
            amount=_money(raw["amount"]),
            discount=_money(raw["discount"]),
            instalments=tuple(
                PlannedInstalment(
                    number=number, due_on=date.fromisoformat(due_on), amount=Decimal(amount)
                )
                for number, due_on, amount in raw["instalments"]
            ),
            reference=raw["reference"],
            message_id=raw["message_id"],
            outcome=Outcome(raw["outcome"]) if raw["outcome"] else None,
        )


def ref_of(workbook_id: str, message: str, client: str = "", *, prefix: str = _FROM_MAIL) -> str:
    """The ref of the row that a message makes: the same message gives the same one, for ever."""
    return derived_ref(prefix, workbook_id, message, client)


def effect_changes(snapshot: Snapshot, effects: Iterable[Effect], *, by: str) -> list[Change]:
    """The rows and outcomes that the sheet lacks of these; `by` stands in the row's By column."""
    known = refs_in(snapshot)
    rows: list[Mapping[str, Cell]] = []
    parts: list[Mapping[str, Cell]] = []
    changes: list[Change] = []
    for effect in effects:
        changes += _outcome(snapshot, effect)
        if effect.kind is None or effect.ref in known:
            continue
        known.add(effect.ref)
        rows.append(_row(snapshot.language, effect, by))
        parts += _parts(effect)
    if rows:
        changes.append(AppendRows(tab="negotiations", rows=rows))
    if parts:
        changes.append(AppendRows(tab="instalments", rows=parts))
    return changes


def _row(language: str, effect: Effect, by: str) -> dict[str, Cell]:
    """One row of the negotiations tab."""
    assert effect.kind is not None  # noqa: S101 - the caller leaves out what makes no row
    parts = effect.instalments
    return {
        "at": effect.at.replace(microsecond=0),
        "client": effect.client,
        "receivables": joined(effect.receivables),
        "kind": headings.value_text(language, "kind", effect.kind.value),
        "amount": effect.amount,
        "instalments": len(parts) or None,
        "first_due_on": parts[0].due_on if parts else None,
        "discount": effect.discount,
        "channel": headings.value_text(language, "channel", "email"),
        "by": by,
        "notes": clipped(effect.notes),
        "ref": effect.ref,
    }


def _parts(effect: Effect) -> Iterator[Mapping[str, Cell]]:
    for part in effect.instalments:
        yield instalment_row(
            Instalment(
                id=f"{effect.ref}/{part.number}",
                agreement=effect.ref,
                client=effect.client,
                receivables=effect.receivables,
                due_on=part.due_on,
                amount=part.amount,
            )
        )


def _outcome(snapshot: Snapshot, effect: Effect) -> Iterator[Change]:
    """What became of our message, for a History that tells of it and a ledger that may not."""
    tab = snapshot.tabs.get("history")
    if effect.outcome is None or tab is None or not effect.message_id:
        return
    wanted = headings.value_text(snapshot.language, "history_outcome", effect.outcome.value)
    open_ones = {
        headings.value_text(snapshot.language, "history_outcome", each.value)
        for each in (Outcome.SENT, Outcome.UNCERTAIN, Outcome.SENDING)
    }
    for row in tab.rows:
        if key_text(tab.value(row, "message_id")) != effect.message_id:
            continue
        stands = tab.value(row, "outcome")
        if stands in open_ones and not same(stands, wanted):
            yield SetCells(tab="history", row=effect.message_id, values={"outcome": wanted})
            return


def refs_in(snapshot: Snapshot) -> set[str]:
    """The refs that stand in the negotiations tab."""
    tab = snapshot.tabs.get("negotiations")
    if tab is None:
        return set()
    return {ref for row in tab.rows if (ref := key_text(tab.value(row, "ref"))) is not None}


def without_terms(effect: Effect, notes: str) -> Effect:
    """An acceptance as a row that a person has to decide."""
    return replace(
        effect,
        kind=NegotiationKind.PROPOSAL,
        notes=notes,
        amount=None,
        discount=None,
        instalments=(),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
