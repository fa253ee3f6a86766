"""What keeps a whole client, or a whole message, from being sent today."""

from datetime import date, timedelta

from sync.domain.cases import Day
from sync.domain.decisions import ZERO, Reason
from sync.domain.drafts import Draft
from sync.domain.facts import Channel
from sync.domain.holding import hold_of


def hold_of_client(day: Day, client: str) -> Reason | None:
    """Why this client gets no message at all today, whatever is due."""
    return hold_of(day.facts, client, day.today)


def hold_of_draft(day: Day, draft: Draft, *, vouched: bool) -> Reason | None:
    """Why this message does not go today; `vouched`: a person approved it on the day."""
    if draft.too_small:
        return Reason.BELOW_MINIMUM
    address = address_hold(day, draft.client, draft.step.channel, draft.to)
    if address is not None:
        return address
    if draft.is_overdue:
        unapplied = day.book.unapplied.get(draft.client, ZERO)
        unapplied += day.facts.waiting_money.get(draft.client, ZERO)
        if unapplied > day.facts.settings.tolerance:
            return Reason.UNAPPLIED_CASH
        if draft.is_stale and not vouched:
            return Reason.PAYMENTS_STALE
        free = gap_ends(day, draft.client)
        if free is not None and day.today < free:
            return Reason.CONTACT_GAP
    if not day.calendar.is_business_day(day.today):
        return Reason.NON_BUSINESS_DAY
    return None


def gap_ends(day: Day, client: str) -> date | None:
    """The first day on which an overdue message may follow the last one; None without one."""
    last = day.history.overdue_contacts.get(client)
    return None if last is None else last + timedelta(days=day.facts.settings.contact_gap)


def is_outside_window(day: Day) -> bool:
    """Whether it is not the hour to send; a plan (no time of day) is always inside."""
    settings, now = day.facts.settings, day.time_of_day
    return now is not None and not settings.send_from <= now <= settings.send_until


def address_hold(day: Day, client: str, channel: Channel, to: tuple[str, ...]) -> Reason | None:
    """Why nothing can reach the client today by this channel."""
    if not to:
        # A call needs no number in the sheet; a chat or a text does.
        return None if channel is Channel.CALL else Reason.NO_ADDRESS
    if channel is not Channel.EMAIL:
        return None
    addresses = {address.casefold() for address in to}
    if addresses <= day.history.bounced.get(client, frozenset()):
        return Reason.ADDRESS_BOUNCED
    refused = day.history.refused.get(client, {})
    if any(refused.get(address) == day.today for address in addresses):
        return Reason.REFUSED
    return None
