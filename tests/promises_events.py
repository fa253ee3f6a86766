"""What happens to people in the simulated town: a beginning, and each day's events."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sync.domain.facts import Cancelled, Channel, Mode, Step
from tests.domain_language import CALENDAR, IDENTIFIED
from tests.promises_world import DAY, Debtor, Invoice, Money, Promise, World


def new_world(rng: Random) -> World:
    """A town of a few clients, with old debts and new ones, under settings of every kind."""
    start = date(2026, 1, 2) + timedelta(days=rng.randrange(300))
    rates = rng.choice([(0, 0), (2, 1), (2, 1)])
    settings = replace(
        IDENTIFIED,
        mode=rng.choice([Mode.AUTOMATIC, Mode.AUTOMATIC, Mode.APPROVAL]),
        late_fee=Decimal(rates[0]) / 100,
        monthly_interest=Decimal(rates[1]) / 100,
        contact_gap=rng.choice([0, 2, 3, 5]),
        grace_days=rng.choice([0, 0, 2]),
        payments_max_age=rng.choice([None, 3, 5, 5]),
        messages_per_run=rng.choice([2, 200]),
        messages_per_day=rng.choice([2, 400]),
        tax_id=None if rng.random() < 0.03 else IDENTIFIED.tax_id,
    )
    world = World(settings=settings, today=start, started=start)
    world.ladders = {"Standard": _standard(), "Other": _other(), "plan": _plan()}
    for number in range(rng.randint(1, 4)):
        policy = rng.choice([None, None, "Other"])
        name = f"C{number}"
        world.debtors[name] = Debtor(name=name, mails=(f"{name}@example.com",), policy=policy)
        for _ in range(rng.randint(1, 3)):
            add_invoice(world, rng, rng.choice([-1900, -400, -95, -30, -10, -2, 0, 3, 8]))
    world.type_payments()
    return world


def _standard() -> list[Step]:
    def step(name: str, offset: int) -> Step:
        return Step(policy="Standard", name=name, offset=offset, template=name)

    return [
        step("before", -3),
        step("today", 0),
        step("first", 3),
        step("second", 10),
        replace(step("chat", 15), channel=Channel.WHATSAPP),
        replace(step("last", 25), approval=True),
    ]


def _other() -> list[Step]:
    return [
        Step(policy="Other", name="notice", offset=1, repeat_every=5, repeat_max=2),
        Step(policy="Other", name="demand", offset=20, minimum=Decimal(150)),
    ]


def _plan() -> list[Step]:
    return [Step(policy="plan", name="part", offset=-2), Step(policy="plan", name="late", offset=2)]


def add_invoice(world: World, rng: Random, due_in: int | None = None) -> None:
    """One more row, due around today."""
    client = rng.choice(list(world.debtors))
    name = f"F{len(world.invoices)}"
    days = due_in if due_in is not None else rng.randint(-1, 12)
    world.invoices[name] = Invoice(
        id=name,
        client=client,
        due=world.today + timedelta(days=days),
        amount=Decimal(rng.randrange(5000, 30000)) / 100,
        boleto=rng.random() < 0.3,
    )


def pass_day(world: World, rng: Random) -> None:
    """The events of one day, before the run."""
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        rng.choice(EVENTS)(world, rng)
    _clear_up(world, rng)
    if world.settings.payments_max_age is None or rng.random() < 0.6:
        world.type_payments()


def _clear_up(world: World, rng: Random) -> None:
    """What keeps people out of messages seldom lasts."""
    for debtor in world.debtors.values():
        if rng.random() < 0.2:
            debtor.do_not_contact = debtor.unsubscribed = debtor.has_bad_row = False
            debtor.mails = debtor.mails or ("late@example.com",)
    for invoice in world.invoices.values():
        if rng.random() < 0.1:
            invoice.disputed = False
    if rng.random() < 0.2:
        _loose_money_found(world, rng)


def _some_invoice(world: World, rng: Random) -> Invoice:
    return world.invoices[rng.choice(list(world.invoices))]


def _some_debtor(world: World, rng: Random) -> Debtor:
    return world.debtors[rng.choice(list(world.debtors))]


def _pays(world: World, rng: Random) -> None:
    """In full, today or (unnoticed so far) some days ago."""
    invoice = _some_invoice(world, rng)
    late_news = rng.choice([0, 0, 1, 3]) if world.settings.payments_max_age is not None else 0
    day = world.today - timedelta(days=late_news)
    # What the team has declared complete is complete: news cannot be older than that.
    if world.payments_until is not None:
        day = max(day, world.payments_until + DAY)
    world.money.append(Money(day, invoice.client, invoice.id, invoice.amount))


def _pays_on_the_last_day(world: World, _rng: Random) -> None:
    """In time, and nobody at the team knows yet."""
    for invoice in world.invoices.values():
        last = CALENDAR.next_business_day(invoice.due)
        if last == world.today and not any(m.invoice == invoice.id for m in world.money):
            world.money.append(Money(world.today, invoice.client, invoice.id, invoice.amount))


def _pays_part(world: World, rng: Random) -> None:
    invoice = _some_invoice(world, rng)
    part = (invoice.amount * rng.choice([3, 5]) / 10).quantize(Decimal("0.01"))
    if not any(m.invoice == invoice.id for m in world.money):
        world.money.append(Money(world.today, invoice.client, invoice.id, part))


def _sends_loose_money(world: World, rng: Random) -> None:
    debtor = _some_debtor(world, rng)
    world.money.append(Money(world.today, debtor.name, None, Decimal(40)))


def _loose_money_found(world: World, _rng: Random) -> None:
    world.money = [m for m in world.money if m.invoice is not None or m.typed_on is None]


def _dispute(world: World, rng: Random) -> None:
    invoice = _some_invoice(world, rng)
    invoice.disputed = not invoice.disputed


def _hold(world: World, rng: Random) -> None:
    _some_invoice(world, rng).hold_until = world.today + timedelta(days=rng.randint(0, 15))


def _hold_client(world: World, rng: Random) -> None:
    _some_debtor(world, rng).hold_until = world.today + timedelta(days=rng.randint(0, 10))


def _cancel(world: World, rng: Random) -> None:
    _some_invoice(world, rng).cancelled = rng.choice([*Cancelled])


def _no_contact(world: World, rng: Random) -> None:
    debtor = _some_debtor(world, rng)
    debtor.do_not_contact = not debtor.do_not_contact


def _unsubscribe(world: World, rng: Random) -> None:
    debtor = _some_debtor(world, rng)
    debtor.unsubscribed = not debtor.unsubscribed


def _bad_row(world: World, rng: Random) -> None:
    debtor = _some_debtor(world, rng)
    debtor.has_bad_row = not debtor.has_bad_row


def _new_address(world: World, rng: Random) -> None:
    debtor = _some_debtor(world, rng)
    debtor.mails = rng.choice([(), (f"{debtor.name}@example.com",), ("new@example.com",)])


def _move_due_date(world: World, rng: Random) -> None:
    invoice = _some_invoice(world, rng)
    invoice.due += timedelta(days=rng.choice([-3, -1, 1, 2, 10]))


def _edit_amount(world: World, rng: Random) -> None:
    invoice = _some_invoice(world, rng)
    if not any(m.invoice == invoice.id for m in world.money):
        invoice.amount += Decimal(rng.choice([-20, 35]))


def _switch_policy(world: World, rng: Random) -> None:
    _some_invoice(world, rng).policy = rng.choice([None, "Standard", "Other"])


def _rename_step(world: World, rng: Random) -> None:
    steps = world.ladders["Standard"]
    place = rng.randrange(len(steps))
    steps[place] = replace(
        steps[place], name=f"{steps[place].name.partition('~')[0]}~{world.today}"
    )


def _move_step(world: World, _rng: Random) -> None:
    """The first reminder moves between +3 and +6 and keeps its name."""
    steps = world.ladders["Standard"]
    place = next(n for n, s in enumerate(steps) if s.offset in (3, 6))
    steps[place] = replace(steps[place], offset=9 - steps[place].offset)


def _switch_step_off(world: World, rng: Random) -> None:
    steps = world.ladders["Standard"]
    place = rng.randrange(len(steps))
    steps[place] = replace(steps[place], active=not steps[place].active)


def _promise(world: World, rng: Random) -> None:
    invoice = _some_invoice(world, rng)
    if any(p.invoice == invoice.id for p in world.promises):
        return
    pay_by = world.today + timedelta(days=rng.randint(0, 9))
    world.promises.append(Promise(world.today, invoice.client, invoice.id, pay_by))


def _agree(world: World, rng: Random) -> None:
    """Two instalments, of an overdue invoice with nothing paid."""
    invoice = _some_invoice(world, rng)
    known = any(p.invoice == invoice.id for p in world.promises)
    paid = any(m.invoice == invoice.id for m in world.money)
    if known or paid or world.today <= invoice.due + 5 * DAY:
        return
    half = (invoice.amount / 2).quantize(Decimal("0.01"))
    first = world.today + timedelta(days=rng.randint(2, 8))
    parts = (
        (f"A-{invoice.id}/1", first, half),
        (f"A-{invoice.id}/2", first + 30 * DAY, invoice.amount - half),
    )
    world.promises.append(Promise(world.today, invoice.client, invoice.id, first, parts))


def _answers(world: World, rng: Random) -> None:
    world.contacts.append((world.today, _some_debtor(world, rng).name))


def _restore_history(world: World, rng: Random) -> None:
    """The workbook comes back from a backup of some days ago; the ledger is as it was."""
    last = world.today - timedelta(days=rng.randint(1, 5))
    world.history = {n: r for n, r in world.history.items() if r.at.date() <= last}


EVENTS: list[Callable[[World, Random], None]] = [
    *([add_invoice] * 4),
    *([_pays] * 3),
    *([_pays_on_the_last_day] * 3),
    _pays_part,
    _sends_loose_money,
    _loose_money_found,
    _dispute,
    _hold,
    _hold_client,
    _cancel,
    _no_contact,
    _unsubscribe,
    _bad_row,
    _new_address,
    *([_move_due_date] * 3),
    _edit_amount,
    _switch_policy,
    _rename_step,
    _move_step,
    _switch_step_off,
    *([_promise] * 3),
    *([_agree] * 3),
    _answers,
    _restore_history,
]
