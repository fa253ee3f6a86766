"""What follows from the facts on one day: standings, decisions, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sync.domain.facts import Choice, Mode, Step, StepKey

ZERO = Decimal("0.00")


class Status(StrEnum):
    """Where one receivable or instalment stands."""

    NOT_DUE = "not_due"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    PAID = "paid"
    IN_PLAN = "in_plan"
    PROMISED = "promised"
    DISPUTED = "disputed"
    ON_HOLD = "on_hold"
    WRITTEN_OFF = "written_off"
    VOID = "void"
    PROBLEM = "problem"


class Reason(StrEnum):
    """Why something is not sent (or what it still waits for). Documented in docs/reasons.md."""

    PAID = "paid"
    VOID = "void"
    WRITTEN_OFF = "written_off"
    DISPUTED = "disputed"
    ON_HOLD = "on_hold"
    DO_NOT_CONTACT = "do_not_contact"
    PROMISE_PENDING = "promise_pending"
    IN_PLAN = "in_plan"
    AWAITING_ANSWER = "awaiting_answer"
    AGREEMENT_WAITS = "agreement_waits"
    UNAPPLIED_CASH = "unapplied_cash"
    NO_ADDRESS = "no_address"
    ADDRESS_BOUNCED = "address_bounced"
    ROW_PROBLEM = "row_problem"
    UNKNOWN_CLIENT = "unknown_client"
    BELOW_MINIMUM = "below_minimum"
    PAYMENTS_STALE = "payments_stale"
    PRESCRIBED = "prescribed"
    CONTACT_GAP = "contact_gap"
    NEEDS_APPROVAL = "needs_approval"
    CHANGED_SINCE_APPROVAL = "changed_since_approval"
    NON_BUSINESS_DAY = "non_business_day"
    OUTSIDE_WINDOW = "outside_window"
    RUN_LIMIT = "run_limit"
    DAY_LIMIT = "day_limit"
    ALREADY_REMINDED = "already_reminded"
    NOT_REACHED = "not_reached"
    UNSUBSCRIBED = "unsubscribed"
    UNKNOWN_IDENTITY = "unknown_identity"
    # Beyond the fixed list:
    PREVIEW_MODE = "preview_mode"  # the mode sends nothing
    UNCERTAIN = "uncertain"  # an earlier message may have arrived; a person settles it first
    BY_HAND = "by_hand"  # a chat or call that waits for a person
    SKIPPED = "skipped"  # a person skipped it
    NO_POLICY = "no_policy"  # no ladder applies
    REFUSED = "refused"  # the mail server refused it today; the next business day tries again


class Action(StrEnum):
    """What a decision comes to."""

    SEND = "send"
    HOLD = "hold"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One line of the charge memory: principal that stood from `start` to `end` (exclusive).

    `interest` = principal × monthly rate / 30 × days; `fee` is the late fee that arose in it;
    `paid` what was received on `end`, split as `to_interest`, `to_fee`, `to_principal`.
    """

    start: date
    end: date
    days: int
    principal: Decimal
    monthly_rate: Decimal
    interest: Decimal = ZERO
    fee: Decimal = ZERO
    paid: Decimal = ZERO
    to_interest: Decimal = ZERO
    to_fee: Decimal = ZERO
    to_principal: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is owed on a day. `balance` is principal left; `unapplied` is money beyond the total."""

    balance: Decimal = ZERO
    late_fee: Decimal = ZERO
    interest: Decimal = ZERO
    unapplied: Decimal = ZERO
    settled: bool = False
    settled_on: date | None = None
    settled_by: str | None = (
        None  # the rule that closed it: tolerance, quote, face, on_time, marked
    )
    memory: tuple[Stretch, ...] = ()

    @property
    def total_due(self) -> Decimal:
        """Balance, late fee and interest together."""
        return self.balance + self.late_fee + self.interest


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One receivable or instalment on the run date.

    `bucket` 0 is not due, 1.. the aging bucket by the settings' bounds. `blocked` is the reason
    that keeps it out of every message, None when it may be chased. `open` says that it counts
    in open totals (originals in a plan do not: their instalments do).
    """

    id: str
    client: str
    policy: str | None
    due_on: date
    effective_due: date
    amount: Decimal
    status: Status
    days_past_due: int
    bucket: int
    charge: Charge
    blocked: Reason | None = None
    is_open: bool = True
    is_instalment: bool = False
    agreement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDecision:
    """One item of a decision. `key` is set when its step goes (or would go) with the message."""

    standing: Standing
    step: Step | None = None
    key: StepKey | None = None
    reason: Reason | None = None
    next_on: date | None = None  # the earliest day its next step may go, as known today


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to one client on one day, and why.

    `items` are all the client's open items (held and not reached ones too). `step_items` get
    their step recorded with this message, `listed` stand in its table (step items first).
    A courtesy has no `items`: its `listed` are the instalments agreed on, or what was paid.
    action SEND with a `reason` means: due, but waits for that (needs_approval, preview_mode,
    by_hand); `deliverable` says that a run sends it now. `choice` is the approval it rests on.
    """

    client: str
    action: Action
    send_on: date
    reason: Reason | None = None
    step: Step | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    total: Decimal = ZERO
    items: tuple[ItemDecision, ...] = ()
    step_items: tuple[ItemDecision, ...] = ()
    listed: tuple[ItemDecision, ...] = ()
    deliverable: bool = False
    choice: Choice | None = None
    is_overdue: bool = False  # the message is about something past due
    is_courtesy: bool = False  # thanks or a confirmation, beside the client's own decision
    agreement: str | None = None  # the ref of the agreement that a confirmation is about

    @property
    def keys(self) -> tuple[StepKey, ...]:
        """The keys that sending this message uses up."""
        return tuple(item.key for item in self.step_items if item.key is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """One day's decisions. `upcoming` is what the next business day would bring, for the queue.

    `settled` are steps a person ticked as skipped (reason skipped: record them as Skipped) or as
    done by hand (reason by_hand: record them as Sent); `decisions` already count them as used.
    """

    run_date: date
    mode: Mode
    standings: Mapping[str, Standing]
    decisions: tuple[Decision, ...]
    upcoming: tuple[Decision, ...] = ()
    unapplied: Mapping[str, Decimal] = field(default_factory=dict)  # by client
    payments_until: date | None = None  # how far payment data reaches
    settled: tuple[Decision, ...] = ()  # skipped or done by a person: to be recorded, not sent
