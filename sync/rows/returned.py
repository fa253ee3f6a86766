"""Addresses whose last message came back: flagged where somebody can mend them."""

from sync.domain.facts import Facts
from sync.domain.history import bounced_addresses
from sync.issues import Issue
from sync.key_text import key_text
from sync.workbook import Snapshot

_TAB = "clients"


def returned_issues(snapshot: Snapshot, facts: Facts) -> tuple[Issue, ...]:
    """A warning for each address of a client, as the sheet has it now, that does not work."""
    tab = snapshot.tabs.get(_TAB)
    bounced = bounced_addresses(facts.reminders)
    if tab is None or not any(bounced.values()):
        return ()
    rows = {key_text(tab.value(row, "client")): row.number for row in tab.rows}
    return tuple(
        Issue(
            code="address_came_back",
            tab=_TAB,
            row=rows.get(client),
            column="email",
            value=address,
            details=(("address", address),),
            client=client,
        )
        for client, lost in bounced.items()
        if client in facts.clients
        for address in facts.clients[client].emails
        if address.casefold() in lost
    )
