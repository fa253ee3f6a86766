"""What a command found or did, as values for programs: codes in English, amounts as strings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sync.claims import Unclaimed
from sync.domain.decisions import Decision, ItemDecision, Reason, RunPlan, Standing, Status
from sync.domain.facts import Outcome
from sync.issues import Issue
from sync.look import Look
from sync.taking_in import NOTHING_NEW, News

OPEN_STATUSES = frozenset(Status) - {Status.PAID, Status.WRITTEN_OFF, Status.VOID, Status.IN_PLAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOutcome:
    """What became of one message of this run.

    `postponed` when it could not go now (no connection, the server's rest, a stop) and is decided
    afresh by the next run; a message cancelled because its facts changed is not postponed.
    """

    reference: str
    client: str
    step: str
    to: tuple[str, ...]
    receivables: tuple[str, ...]
    total: Decimal
    outcome: Outcome
    detail: str = ""
    postponed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run. `postponed` is the code of the sentence why nothing was (fully) written, or None.

    `messages` are this run's; `found` those of earlier ones that it found uncertain (see
    `newly_uncertain`). `news` is what came in with this run; `new_rows` the refs of all rows that
    came from mail since the last digest.
    """

    run: str
    look: Look
    messages: tuple[MessageOutcome, ...] = ()
    found: tuple[MessageOutcome, ...] = ()
    unclaimed: tuple[Unclaimed, ...] = ()
    postponed: str | None = None
    postponed_values: dict[str, str] = field(default_factory=dict)
    recorded: bool = True
    news: News = NOTHING_NEW
    new_rows: tuple[str, ...] = ()

    def with_outcome(self, *outcomes: Outcome) -> tuple[MessageOutcome, ...]:
        """The messages that ended in one of these ways, those found first."""
        told = (*self.found, *self.messages)
        return tuple(message for message in told if message.outcome in outcomes)

    @property
    def exit_code(self) -> int:
        """0 done, 4 not written or postponed, 5 some messages failed or are uncertain."""
        if self.postponed is not None:
            return 4
        bad = self.with_outcome(Outcome.REFUSED, Outcome.UNCERTAIN)
        return 5 if bad or self.unclaimed or self.undelivered else 0

    @property
    def undelivered(self) -> tuple[MessageOutcome, ...]:
        """The messages that could not go now; trying again soon may help."""
        return tuple(message for message in self.messages if message.postponed)


def newly_uncertain(look: Look) -> tuple[MessageOutcome, ...]:
    """The uncertain messages that the sheet does not show as such yet: nobody was told of them.

    An interrupted run left them, or one that could not write. What is uncertain by the sheet was
    told by the run that wrote it there.
    """
    told = {each.reference for each in look.history if each.outcome is Outcome.UNCERTAIN}
    return tuple(
        MessageOutcome(
            reference=each.reference,
            client=each.client,
            step=each.step,
            to=each.to,
            receivables=each.receivables or tuple(dict.fromkeys(k.invoice for k in each.keys)),
            total=each.total,
            outcome=each.outcome,
            detail="interrupted",
        )
        for each in look.facts.reminders
        if each.outcome is Outcome.UNCERTAIN and each.reference and each.reference not in told
    )


def amount(value: Decimal) -> str:
    """An amount as JSON has it: a string with two decimals."""
    return f"{value:.2f}"


def plan_json(look: Look, workbook: str) -> dict[str, Any]:
    """The fields of `plan --json`."""
    plan = look.plan
    return {
        "run_date": plan.run_date.isoformat(),
        "workbook": workbook,
        "mode": plan.mode.value,
        "totals": _totals(plan),
        "decisions": [
            decision_json(decision, look.facts.unreadable) for decision in plan.decisions
        ],
        "issues": issues_json(look.issues),
        **obstacle_json(look),
    }


def obstacle_json(look: Look) -> dict[str, Any]:
    """`obstacle`, when the workbook cannot be written: its code, the tab's title, the cell."""
    found = look.snapshot.obstacle
    if found is None:
        return {}
    return {"obstacle": {"problem": found.code, "tab": found.tab, "cell": found.cell or None}}


def run_json(report: RunReport, workbook: str) -> dict[str, Any]:
    """The fields of `run --json`: the plan's and what was done."""
    return {
        **plan_json(report.look, workbook),
        "run": report.run,
        "sent": _messages(report.with_outcome(Outcome.SENT)),
        "refused": [
            *_messages(report.with_outcome(Outcome.REFUSED)),
            *(
                {"client": each.decision.client, "detail": each.why, "outcome": "unclaimed"}
                for each in report.unclaimed
            ),
        ],
        "uncertain": _messages(report.with_outcome(Outcome.UNCERTAIN)),
        "postponed": _messages(report.with_outcome(Outcome.CANCELLED)),
        "postponed_reason": report.postponed,
        "recorded": report.recorded,
        "answers": [
            {"client": each.client, "kind": each.kind, "ref": each.ref}
            for each in report.news.rows
            if each.kind is not None
        ],
        "mailbox": report.news.trouble,
    }


def open_standings(plan: RunPlan) -> list[Standing]:
    """What counts in open totals."""
    return [each for each in plan.standings.values() if each.is_open]


def _totals(plan: RunPlan) -> dict[str, Any]:
    counted = open_standings(plan)
    overdue = [each for each in counted if each.days_past_due > 0]
    return {
        "receivables": sum(not each.is_instalment for each in plan.standings.values()),
        "open": len(counted),
        "overdue": len(overdue),
        "open_amount": amount(sum((each.charge.balance for each in counted), Decimal(0))),
        "overdue_amount": amount(sum((each.charge.balance for each in overdue), Decimal(0))),
    }


def decision_json(
    decision: Decision, unreadable: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """One client's decision with its items, and its rows that could not be read.

    Thanks and confirmations are decisions of their own, about the items that they list.
    """
    step = decision.step
    return {
        "client": decision.client,
        "action": decision.action.value,
        "step": step.name if step else None,
        "channel": step.channel.value if step else None,
        "template": step.template if step else None,
        "to": list(decision.to),
        "cc": list(decision.cc),
        "reason": decision.reason.value if decision.reason else None,
        "total": amount(decision.total),
        "send_on": decision.send_on.isoformat(),
        "receivables": [
            *(item_json(item) for item in (decision.items or decision.listed)),
            *(
                _problem_json(invoice)
                for invoice, client in (unreadable or {}).items()
                if client == decision.client and not decision.is_courtesy
            ),
        ],
    }


def _problem_json(invoice: str) -> dict[str, Any]:
    """A row without a due date or an amount that can be read: nothing is known to be owed."""
    nothing = dict.fromkeys(("balance", "late_fee", "interest", "total_due"), amount(Decimal(0)))
    return {
        "id": invoice,
        "status": Status.PROBLEM.value,
        "due_on": None,
        "days_past_due": 0,
        "bucket": 0,
        **nothing,
        "step": None,
        "reason": Reason.ROW_PROBLEM.value,
    }


def item_json(item: ItemDecision) -> dict[str, Any]:
    """One receivable or instalment of a decision."""
    standing = item.standing
    return {
        "id": standing.id,
        **standing_json(standing),
        "step": item.step.name if item.step else None,
        "reason": item.reason.value if item.reason else None,
    }


def standing_json(standing: Standing) -> dict[str, Any]:
    """Where one item stands, and what is owed for it."""
    charge = standing.charge
    return {
        "status": standing.status.value,
        "due_on": standing.due_on.isoformat(),
        "days_past_due": standing.days_past_due,
        "bucket": standing.bucket,
        "balance": amount(charge.balance),
        "late_fee": amount(charge.late_fee),
        "interest": amount(charge.interest),
        "total_due": amount(charge.total_due),
    }


def issues_json(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """Issues with their codes; the sentences are in the workbook and on the terminal."""
    return [
        {
            "tab": issue.tab,
            "row": issue.row,
            "column": issue.column,
            "value": issue.value,
            "problem": issue.code,
            "severity": issue.severity.value,
        }
        for issue in issues
    ]


def _messages(messages: Sequence[MessageOutcome]) -> list[dict[str, Any]]:
    return [
        {
            "client": each.client,
            "step": each.step,
            "to": list(each.to),
            "receivables": list(each.receivables),
            "total": amount(each.total),
            "reference": each.reference,
            "outcome": each.outcome.value,
            "detail": each.detail,
        }
        for each in messages
    ]
