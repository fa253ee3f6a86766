"""What can be wrong in the workbook: one table of codes, each with its severity and whom it holds.

This table is the only place that decides whether something wrong holds a client or merely warns;
`docs/issues.md` is made from it, and a test keeps the two equal. The sentences stand in
sync/locale (topic `issues`): for each code a `problem` and a `repair`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sheet_templates import headings
from sync.words import words


class Severity(StrEnum):
    """An error is wrong data; a warning tells, or says what set-up still lacks."""

    ERROR = "error"
    WARNING = "warning"


class Holds(StrEnum):
    """Who gets no message while the issue stands.

    CLIENT is the client of the row; on the tabs policy and templates, where rows have no client,
    it is every client whose ladder has the step. ALL is everybody.
    """

    CLIENT = "client"
    ALL = "all"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class IssueKind:
    """One line of the table. `details` are the values, beyond the usual, its sentences may name."""

    code: str
    severity: Severity
    holds: Holds
    details: tuple[str, ...] = ()


def _kinds() -> tuple[IssueKind, ...]:
    table = (
        *_lines(Severity.WARNING, Holds.ALL, _NOT_SET_UP),
        *_lines(Severity.ERROR, Holds.ALL, _HOLD_ALL),
        *_lines(Severity.ERROR, Holds.CLIENT, _HOLD_CLIENT),
        *_lines(Severity.ERROR, Holds.NOTHING, _ONLY_ERRORS),
        *_lines(Severity.WARNING, Holds.NOTHING, _WARNINGS),
    )
    assert len({kind.code for kind in table}) == len(table)  # noqa: S101 -- a code stands once
    return table


def _lines(severity: Severity, holds: Holds, lines: str) -> list[IssueKind]:
    kinds = []
    for line in lines.strip().splitlines():
        code, *details = line.split()
        kinds.append(IssueKind(code, severity, holds, tuple(details)))
    return kinds


# One code a line, followed by the details that its sentences may name.
# A new or just adopted workbook has no wrong data, it only is not ready to send.
_NOT_SET_UP = """
missing_identity setting
"""

_HOLD_ALL = """
missing_tab
duplicate_tab
missing_heading
duplicate_heading
newer_schema
unknown_structure detail
invalid_setting setting
duplicate_setting setting other_row
unknown_default_policy
"""

_HOLD_CLIENT = """
formula_error
formula_not_computed
missing_value
missing_id
invalid_id
id_splits_lists
duplicate_id other_row
similar_id other other_row
missing_client
unknown_client
duplicate_client other_row
invalid_date
ambiguous_date
date_out_of_range
invalid_amount
ambiguous_amount
amount_out_of_range
negative_amount
zero_amount
invalid_number
invalid_percent
invalid_flag
unknown_value allowed
due_before_issued issued
paid_in_future
paid_amount_without_date
paid_amount_differs lines
payment_code_amount stated
payment_code_due stated
shared_payment_code other_row
payment_in_future
possible_repeat other_row
entered_twice other_row
unknown_invoice
client_differs invoice owner
agreement_names_instalment
negotiation_in_future
pay_by_before
duplicate_ref other_row
unknown_agreement
unknown_policy
invalid_address address
duplicate_step policy other_row
duplicate_offset policy other_row
missing_template policy step language
duplicate_template other_row
unknown_placeholder placeholder suggestion
empty_subject
line_break_in_subject
unbalanced_brace detail
block_in_subject detail
block_not_alone detail
letter_problem detail
unreadable_history
"""

_ONLY_ERRORS = """
payment_without_owner
invalid_setting_ignored setting used
payments_until_in_future
damaged_choice
damaged_match
match_without_invoice
bank_file_refused file why
contradictory_choice
invalid_choice
invalid_offer
offer_days_crossed
agreement_nothing_owed
agreement_without_plan
agreement_above_owed
agreement_discount_differs
agreement_amount_each
agreement_due_before
agreement_due_far
agreement_not_split
agreement_parts_gone
agreement_parts_differ
agreement_paid_before
agreement_part_cancelled
offers_stopped
recurring_stopped
duplicate_recurring other_row
until_before_from
recurring_too_many count
recurring_twin invoice id
"""

_WARNINGS = """
missing_other_tab
duplicate_other_tab
missing_other_heading
duplicate_other_heading
text_date read_as
text_number read_as
rounded_amount read_as
unreadable_detail
unknown_choice
paid_before_issued issued
repeated_payment other_row
invalid_copy address
address_came_back address
copy_to_person
invalid_tax_id
tax_id_padded read_as
unknown_language used
invalid_payment_code
unknown_setting nearest
fee_above_law
interest_above_usual
template_in_other_language template language used
threatening_words detail
repeat_without_interval
idle_policy
offer_beyond_three
damaged_history
unknown_outcome
"""

KINDS: Mapping[str, IssueKind] = MappingProxyType({kind.code: kind for kind in _kinds()})
"""The table: code → what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something wrong that a person can mend.

    `row` is the sheet's row number, None for a whole tab or column. `column` is a column's key.
    `value` is what stands there, as text. `client` is whom it holds, when it is one client.
    """

    code: str
    tab: str
    row: int | None = None
    column: str | None = None
    value: str = ""
    client: str | None = None
    details: tuple[tuple[str, str], ...] = ()

    @property
    def severity(self) -> Severity:
        """The table's severity."""
        return KINDS[self.code].severity

    @property
    def holds(self) -> Holds:
        """Whom the table says it holds."""
        return KINDS[self.code].holds

    def problem(self, language: str) -> str:
        """The sentence that says what is wrong."""
        return self._sentence(language, "problem")

    def repair(self, language: str) -> str:
        """The sentence that says how to mend it."""
        return self._sentence(language, "repair")

    def _sentence(self, language: str, name: str) -> str:
        column = headings.heading(language, self.tab, self.column) if self.column else ""
        return words(
            language,
            f"issues.{self.code}.{name}",
            tab=headings.tab_title(language, self.tab),
            row="" if self.row is None else self.row,
            column=column,
            value=self.value,
            client=self.client or "",
            **dict(self.details),
        )


PLACEHOLDERS = frozenset({"tab", "row", "column", "value", "client"})
"""What every sentence may name, beyond the kind's own details."""


def table_markdown(language: str) -> str:
    """The table as Markdown rows: code, severity, holds, problem, repair."""
    header = [words(language, f"issues.table.{name}") for name in _COLUMNS]
    lines = [_line(header), _line(["---"] * len(header))]
    lines += [_line(_table_cells(kind, language)) for kind in KINDS.values()]
    return "\n".join(lines) + "\n"


def _table_cells(kind: IssueKind, language: str) -> list[str]:
    places = {name: f"‹{name}›" for name in (*PLACEHOLDERS, *kind.details)}
    return [
        f"`{kind.code}`",
        words(language, f"issues.table.{kind.severity}"),
        words(language, f"issues.table.holds_{kind.holds}"),
        words(language, f"issues.{kind.code}.problem", **places),
        words(language, f"issues.{kind.code}.repair", **places),
    ]


_COLUMNS = ("code", "severity", "holds", "problem", "repair")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
