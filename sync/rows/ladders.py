"""The policy tab: ladders of steps by days from the due date."""

from dataclasses import dataclass, field
from decimal import Decimal

from sync.domain.facts import Channel, Step
from sync.key_text import folded_name
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_flag
from sync.workbook import Tab


@dataclass(slots=True)
class Ladders:
    """The ladders by name, every name that folds to one, and the row of each step."""

    steps: dict[str, list[Step]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def sorted(self) -> dict[str, tuple[Step, ...]]:
        """The ladders with their steps by rising offset."""
        return {
            policy: tuple(sorted(steps, key=lambda step: (step.offset, not step.active)))
            for policy, steps in self.steps.items()
        }


def read_ladders(tab: Tab | None, letters: dict[str, str], findings: Findings) -> Ladders:
    """The ladders. An error in an active step holds the clients of its ladder.

    `letters` gives a template's name as its own tab writes it. A step that is not active only
    warns. A row without a ladder's name holds everybody: it may belong to any.
    """
    ladders = Ladders()
    for reader in read_rows(tab, findings):
        active = read_flag(reader.cell("active"), findings.language)
        reader.lenient = active.value is False
        policy = reader.text("policy", needed=True)
        if policy is None:
            findings.held_all = findings.held_all or reader.fault
            continue
        policy = ladders.names.setdefault(folded_name(policy), policy)
        reader.policy = policy
        ladders.steps.setdefault(policy, [])
        step = _step(reader, policy, letters, active=reader.take("active", active) is True)
        if step is not None and _is_new(step, ladders, reader):
            ladders.steps[policy].append(step)
            ladders.rows[policy, step.name] = reader.row.number
    _tell_idle(ladders, findings)
    return ladders


def _tell_idle(ladders: Ladders, findings: Findings) -> None:
    """A ladder without an active step sends nothing: perhaps nobody meant that."""
    for policy, steps in ladders.steps.items():
        if steps and not any(step.active for step in steps):
            row = ladders.rows[policy, steps[0].name]
            findings.report("idle_policy", "policy", row=row, column="active", cell=policy)


def _step(reader: RowReader, policy: str, letters: dict[str, str], *, active: bool) -> Step | None:
    name = reader.text("step", needed=True)
    offset = reader.integer("offset", needed=True)
    channel = reader.code("channel", "channel", needed=True)
    template = reader.text("template", needed=True)
    every = reader.integer("repeat_every", at_least=1)
    most = reader.integer("repeat_max", at_least=0) or 0
    if most and not every:
        reader.report("repeat_without_interval", "repeat_max")
    approval = reader.flag("approval")
    minimum = reader.positive("minimum", or_zero=True)
    offers = reader.flag("offers")
    if name is None or offset is None or channel is None:
        return None
    return Step(
        policy=policy,
        name=name,
        offset=offset,
        channel=Channel(channel),
        template=letters.get(folded_name(template), template) if template else None,
        approval=approval is not False,  # what cannot be read waits for a person
        minimum=minimum or Decimal(0),
        repeat_every=every,
        repeat_max=most if every else 0,
        offers=offers is True,
        active=active,
    )


def _is_new(step: Step, ladders: Ladders, reader: RowReader) -> bool:
    """Whether the step is no double of an earlier one by name, nor by day among active ones."""
    for other in ladders.steps[step.policy]:
        row = ladders.rows[step.policy, other.name]
        if folded_name(other.name) == folded_name(step.name):
            reader.report("duplicate_step", "step", policy=step.policy, other_row=row)
            return False
        if other.offset == step.offset and other.active and step.active:
            reader.report("duplicate_offset", "offset", policy=step.policy, other_row=row)
            return False
    return True
