"""What each step of a plan would say, for the queue and the previews."""

from collections.abc import Mapping
from itertools import chain

from mailer.errors import MailError
from sync.domain.decisions import RunPlan
from sync.domain.facts import Facts
from sync.letters import LetterDesk
from sync.views.view_input import LetterPreview


def previews(
    desk: LetterDesk, plan: RunPlan, facts: Facts
) -> Mapping[tuple[str, str], LetterPreview]:
    """Subject and text by (client, step name); a letter that cannot be made is left out.

    Why it cannot is an issue of its own (a placeholder, a missing template).
    """
    made: dict[tuple[str, str], LetterPreview] = {}
    for decision in chain(plan.upcoming, plan.decisions):
        if decision.step is None or not decision.listed:
            continue
        try:
            subject, text = desk.preview(decision, facts)
        except MailError:
            continue
        made[decision.client, decision.step.name] = LetterPreview(subject=subject, text=text)
    return made
