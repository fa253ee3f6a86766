"""Agreements as rows: the row of the negotiations tab and its instalments, written once.

Every row carries an identity from its cause, so writing it again after a crash is recognised.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sheet_templates import headings
from sync.domain.agreeing import Terms, agree_pending, instalments_of
from sync.domain.facts import Instalment, Negotiation
from sync.domain.offers import Option
from sync.key_text import key_text
from sync.look import Look
from sync.negotiation_rows import TAB, derived_ref, highest_number, numbered, row_of
from sync.views.cells import clipped, date_text, joined, money_text
from sync.words import words
from sync.workbook import AppendRows, Cell, Change, SetCells, Snapshot

_PARTS = "instalments"
_MOST_PARTS_TOLD = 12


def ref_of_command(workbook_id: str, option: Option) -> str:
    """The ref of an agreement made by command: the same option gives the same one."""
    return derived_ref("A-", workbook_id, option.client, option.terms)


def stands(snapshot: Snapshot, ref: str) -> bool:
    """Whether the negotiations tab has a row of this ref, ended or not."""
    return ref in _keys(snapshot, TAB, "ref")


def agreement_changes(
    snapshot: Snapshot,
    ref: str,
    negotiation: Negotiation | None,
    instalments: Sequence[Instalment],
    *,
    at: datetime | None = None,
    channel: str | None = None,
    by: str = "",
    notes: str = "",
) -> list[Change]:
    """The rows of an agreement that the sheet lacks: the negotiation's, and its instalments.

    `negotiation` None: a person's row stands already. `at` is its moment (default: its day),
    `channel` a code of the list of channels. Empty when all of it stands.
    """
    changes: list[Change] = []
    if negotiation is not None and not stands(snapshot, ref):
        row = _negotiation_row(snapshot.language, ref, negotiation)
        row |= {"by": by or None, "notes": clipped(notes) or None}
        row["at"] = at.replace(tzinfo=None, microsecond=0) if at else negotiation.at
        if channel is not None:
            row["channel"] = headings.value_text(snapshot.language, "channel", channel)
        changes.append(AppendRows(tab=TAB, rows=[row]))
    known = _keys(snapshot, _PARTS, "instalment")
    parts = [instalment_row(part) for part in instalments if part.id not in known]
    if parts:
        changes.append(AppendRows(tab=_PARTS, rows=parts))
    return changes


def _negotiation_row(language: str, ref: str, row: Negotiation) -> dict[str, Cell]:
    return {
        "client": row.client,
        "receivables": joined(row.receivables),
        "kind": headings.value_text(language, "kind", row.kind.value),
        "amount": row.amount,
        "instalments": row.instalments,
        "first_due_on": row.first_due_on,
        "discount": row.discount or None,
        "ref": ref,
    }


def instalment_row(part: Instalment) -> Mapping[str, Cell]:
    """One row of the instalments tab, whoever agreed on it and how."""
    return {
        "instalment": part.id,
        "agreement": part.agreement,
        "client": part.client,
        "receivables": joined(part.receivables),
        "due_on": part.due_on,
        "amount": part.amount,
    }


def _keys(snapshot: Snapshot, tab_key: str, column: str) -> set[str]:
    tab = snapshot.tabs.get(tab_key)
    found = (key_text(tab.value(row, column)) for row in tab.rows) if tab else ()
    return {key for key in found if key is not None}


# What people typed.


@dataclass(slots=True)
class TypedAgreements:
    """Agreements typed into the negotiations tab, as a source of a run: their instalments."""

    def collect(self, seen: Look) -> None:
        """Nothing arrives from elsewhere: the row in the sheet is the fact."""

    def changes(self, seen: Look) -> list[Change]:
        """Instalments for every agreement that has none and can have them."""
        return list(typed_agreement_changes(seen))

    def written(self, seen: Look) -> None:
        """Nothing to remember: a row with instalments is recognised by them."""


def typed_agreement_changes(seen: Look) -> Iterator[Change]:
    """The instalments of typed agreements, and a ref for a row that has none yet."""
    snapshot, facts = seen.snapshot, seen.facts
    tab = snapshot.tabs.get(TAB)
    if tab is None or "ref" not in tab.columns or _PARTS not in snapshot.tabs:
        return
    number = highest_number(snapshot)
    for index, terms in agree_pending(facts, seen.calendar, seen.book).items():
        if not isinstance(terms, Terms):
            continue  # an issue tells why
        ref = facts.negotiations[index].ref
        if ref is None:
            place = row_of(tab, facts, index)
            if place is None:
                continue  # which row it is will be certain once rows have their refs
            number += 1
            ref = numbered(number)
            yield SetCells(tab=TAB, row=place.number, values={"ref": ref})
        yield from agreement_changes(snapshot, ref, None, instalments_of(ref, terms))


# In words.


def option_text(language: str, option: Option) -> str:
    """What an option says, in one or more sentences."""
    amount, day = money_text(language, option.total), option.instalments[0].due_on
    if option.count == 1:
        said = [_words(language, "at_once", total=amount, day=date_text(language, day))]
    else:
        parts = [
            _words(
                language,
                "part",
                amount=money_text(language, part.amount),
                day=date_text(language, part.due_on),
            )
            for part in option.instalments
        ]
        if len(parts) > _MOST_PARTS_TOLD:
            parts[_MOST_PARTS_TOLD - 1 : -1] = ["…"]
        said = [
            _words(language, "in_parts", total=amount, count=option.count, parts="; ".join(parts))
        ]
    owed = money_text(language, option.owed)
    said.append(_words(language, "instead", owed=owed, invoices=", ".join(option.receivables)))
    if option.granted:
        said.append(_words(language, "granted", granted=money_text(language, option.granted)))
    if option.interest:
        said.append(_words(language, "interest", interest=money_text(language, option.interest)))
    return " ".join(said)


def _words(language: str, name: str, **values: object) -> str:
    return words(language, f"agreements.{name}", **values)
