"""What keeps a whole client from being written to on a day."""

from datetime import date

from sync.domain.decisions import Reason
from sync.domain.facts import Facts


def hold_of(facts: Facts, client: str, today: date) -> Reason | None:
    """Why this client gets no message at all today, whatever is due."""
    row = facts.clients.get(client)
    if row is None:
        return Reason.UNKNOWN_CLIENT
    if client in facts.row_problems:
        code = facts.row_problems[client]
        return Reason.UNKNOWN_CLIENT if code == Reason.UNKNOWN_CLIENT else Reason.ROW_PROBLEM
    if row.do_not_contact:
        return Reason.DO_NOT_CONTACT
    if client in facts.unsubscribed:
        return Reason.UNSUBSCRIBED
    if row.hold_until is not None and today <= row.hold_until:
        return Reason.ON_HOLD
    # CDC art. 42-A: every demand names the creditor, its address and its CPF or CNPJ.
    return None if facts.settings.identified else Reason.UNKNOWN_IDENTITY
