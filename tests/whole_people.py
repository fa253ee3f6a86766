"""What people do with their workbook: pay, dispute, sort, restore, tick, and all the slips.

Every act is a few lines on an open workbook (`whole_book.Page`), drawn at random; what cannot be
done now is left. `sit` is one sitting: some acts, then one save.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random

from sheet_templates import headings
from tests.whole_book import Open, Page, Typed, append, copy_row, day_of, move_column, put, rows_of
from tests.whole_book import sort as sort_page
from tests.whole_days import Team
from tests.whole_judge import Tick
from tests.whole_truth import DAY, UNCERTAIN, YES

Act = Callable[[Team, Open, Random], None]


def sit(team: Team) -> None:
    """One sitting: one to three acts, then a save."""
    rng = team.rng
    names = [rng.choice(ACTS) for _ in range(rng.choice([1, 1, 2, 3]))]
    with team.book.sitting() as desk:
        for act in names:
            team.log.append(f"{team.today} {act.__name__}")
            act(team, desk, rng)


def _some(page: Page, rng: Random) -> Typed | None:
    rows = rows_of(page)
    return rng.choice(rows) if rows else None


def _word(team: Team, list_name: str, code: str) -> str:
    return headings.value_text(team.book.language, list_name, code)


def _invoice_row(desk: Open, rng: Random) -> tuple[Page, Typed] | None:
    page = desk.page("receivables")
    rows = [row for row in rows_of(page) if row.get("id") is not None]
    return (page, rng.choice(rows)) if rows else None


def _type(desk: Open, rng: Random, **values: object) -> None:
    found = _invoice_row(desk, rng)
    if found is not None:
        put(found[0], found[1]["#"], **values)


# Money and talk.


def pays(team: Team, desk: Open, rng: Random) -> None:
    """In full: what was paid in part before is forgotten in its favour."""
    _type(desk, rng, paid_on=team.today - DAY * rng.choice([0, 0, 1, 4]), paid_amount=None)


def pays_a_part(team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is None or found[1].get("paid_on") or not _is_amount(found[1].get("amount")):
        return
    if found[1]["id"] in team.memory.get("changed", ()):
        return  # a part of the new amount may be what a letter named: then it settles the invoice
    part = Decimal(str(found[1]["amount"])) * rng.choice([3, 6]) / 10
    put(found[0], found[1]["#"], paid_on=team.today, paid_amount=part.quantize(Decimal("0.01")))


def takes_the_payment_back(_team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, paid_on=None, paid_amount=None)


def disputes(team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, disputed=rng.choice([_word(team, "flag", "yes"), None]))


def holds(team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, hold_until=rng.choice([None, team.today + DAY * rng.randint(-1, 6)]))


def moves_the_due_date(team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, due_on=team.today + DAY * rng.choice([-20, -9, -4, 0, 2, 5]))


def changes_the_amount(team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is not None and found[1].get("paid_amount") is None:
        team.memory.setdefault("changed", set()).add(found[1]["id"])
        put(found[0], found[1]["#"], amount=Decimal(rng.randrange(2000, 90000)) / 100)


def cancels(team: Team, desk: Open, rng: Random) -> None:
    word = _word(team, "cancelled", rng.choice(["void", "written_off"]))
    _type(desk, rng, cancelled=rng.choice([None, word]))


def promises(team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is None or found[1].get("paid_amount") is not None:
        return
    append(
        desk.page("negotiations"),
        at=team.today,
        client=found[1].get("client"),
        receivables=found[1]["id"],
        kind=_word(team, "kind", "promise"),
        pay_by=team.today + DAY * rng.randint(0, 5),
    )


def bills(team: Team, desk: Open, rng: Random) -> None:
    """A new invoice."""
    clients = [row["client"] for row in rows_of(desk.page("clients")) if row.get("client")]
    team.memory["bills"] = team.memory.get("bills", 0) + 1
    append(
        desk.page("receivables"),
        id=f"N-{team.memory['bills']}",
        client=rng.choice(clients),
        due_on=team.today + DAY * rng.choice([-12, -4, 0, 3]),
        amount=Decimal(rng.randrange(2000, 90000)) / 100,
    )


# Clients and set-up.


def changes_an_address(_team: Team, desk: Open, rng: Random) -> None:
    page = desk.page("clients")
    row = _some(page, rng)
    if row is not None:
        name = headings.fold(str(row["client"])).replace(" ", "").replace("&", "")
        mails = [f"{name}@example.com", f"{name}{rng.randint(1, 9)}@example.org"]
        put(page, row["#"], email=rng.choice([*mails, "; ".join(mails), None]))


def stops_contact(team: Team, desk: Open, rng: Random) -> None:
    page = desk.page("clients")
    row = _some(page, rng)
    if row is not None:
        put(page, row["#"], do_not_contact=rng.choice([_word(team, "flag", "yes"), None, None]))


def holds_a_client(team: Team, desk: Open, rng: Random) -> None:
    page = desk.page("clients")
    row = _some(page, rng)
    if row is not None:
        put(page, row["#"], hold_until=rng.choice([None, team.today + DAY * rng.randint(0, 4)]))


def switches_policy(_team: Team, desk: Open, rng: Random) -> None:
    policies = sorted({str(row["policy"]) for row in rows_of(desk.page("policy"))})
    page = desk.page(rng.choice(["clients", "receivables"]))
    row = _some(page, rng)
    if row is not None:
        put(page, row["#"], policy=rng.choice([*policies, None]))


def renames_a_step(team: Team, desk: Open, rng: Random) -> None:
    page = desk.page("policy")
    row = _some(page, rng)
    if row is not None:
        team.memory["names"] = team.memory.get("names", 0) + 1
        put(page, row["#"], step=f"Step {team.memory['names']}")


def sets_the_mode(team: Team, desk: Open, rng: Random) -> None:
    mode = rng.choice(["automatic", "automatic", "approval", "preview"])
    _set(team, desk, "mode", _word(team, "mode", mode))


def forgets_the_tax_id(team: Team, desk: Open, rng: Random) -> None:
    _set(team, desk, "tax_id", rng.choice([None, "11.222.333/0001-81", "11.222.333/0001-81"]))


def enters_payments(team: Team, desk: Open, _rng: Random) -> None:
    """Says that all payments until yesterday are in."""
    _set(team, desk, "payments_until", team.today - DAY)


def _set(team: Team, desk: Open, key: str, value: object) -> None:
    page = desk.page("settings")
    label = headings.setting_label(team.book.language, key)
    for row in rows_of(page):
        if row["setting"] == label:
            put(page, row["#"], value=value)


# The sheet itself.


def sorts(_team: Team, desk: Open, rng: Random) -> None:
    key = rng.choice(["client", "due_on", "amount", "id", "status"])
    sort_page(desk.page("receivables"), key, reverse=rng.random() < 0.5)


def sorts_the_queue(_team: Team, desk: Open, rng: Random) -> None:
    sort_page(desk.page("queue"), rng.choice(["client", "total"]), reverse=rng.random() < 0.5)


def inserts_a_row(_team: Team, desk: Open, rng: Random) -> None:
    page = desk.page(rng.choice(["receivables", "clients"]))
    page.insert_row(rng.randint(2, max(2, page.last())))


def deletes_a_row(_team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is not None:
        found[0].delete_row(found[1]["#"])


def copies_a_row(_team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is not None:
        copy_row(found[0], found[1]["#"])


def blanks_an_id(team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is not None:
        _remember(team, found[1])
        put(found[0], found[1]["#"], id=None)


def spoils_a_row(team: Team, desk: Open, rng: Random) -> None:
    found = _invoice_row(desk, rng)
    if found is None:
        return
    key, value = rng.choice(
        [("due_on", "soon"), ("amount", 0), ("client", "Nobody"), ("due_on", None), ("amount", "?")]
    )
    _remember(team, found[1])
    put(found[0], found[1]["#"], **{key: value})


def _remember(team: Team, row: Typed) -> None:
    good = {key: row.get(key) for key in ("id", "client", "due_on", "amount")}
    if all(value is not None for value in good.values()):
        team.memory.setdefault("good", {})[row["id"]] = good
        team.memory.setdefault("changed", set()).add(row["id"])


def mends_rows(team: Team, desk: Open, _rng: Random) -> None:
    """What was spoilt is put right: ids back, second rows of one id deleted."""
    page = desk.page("receivables")
    good = team.memory.get("good", {})
    for row in reversed(rows_of(page)):
        ids = [each.get("id") for each in rows_of(page)]
        if row.get("id") is not None and ids.count(row["id"]) > 1:
            page.delete_row(row["#"])
        elif row.get("id") in good:
            put(page, row["#"], **good[row["id"]])
        elif row.get("id") is None:
            lost = [known for name, known in good.items() if name not in ids]
            if lost:
                put(page, row["#"], **lost[0])


def moves_a_column(_team: Team, desk: Open, rng: Random) -> None:
    page = desk.page(rng.choice(["receivables", "clients", "history", "queue"]))
    keys = [key for key in page.columns() if key]
    move_column(page, rng.choice(keys), rng.randrange(len(page.columns())))


def adds_a_column(_team: Team, desk: Open, rng: Random) -> None:
    page = desk.page(rng.choice(["receivables", "clients", "queue", "history"]))
    at = rng.randint(0, len(page.columns()))
    page.insert_column(at, f"Mine {rng.randint(1, 10**6)}")
    for row in rows_of(page)[:4]:
        page.put(row["#"], at, rng.choice(["seen", 7, date(2026, 1, 5), "ação"]))


def adds_a_tab(_team: Team, desk: Open, rng: Random) -> None:
    desk.add_tab(f"My tab {rng.randint(1, 10**6)}")


def types_over_the_engine(_team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, **{rng.choice(["status", "balance", "days_past_due", "last_step"]): 77})


def takes_notes(_team: Team, desk: Open, rng: Random) -> None:
    _type(desk, rng, notes=f"called {rng.randint(1, 99)}")


# The queue.


def ticks(team: Team, desk: Open, rng: Random) -> None:
    """Approve (mostly), skip or done, on rows of the queue that have no tick yet."""
    page = desk.page("queue")
    for row in rows_of(page):
        ticked = any(row.get(key) in YES for key in ("approve", "skip", "done"))
        if ticked or not row.get("step") or not row.get("key") or rng.random() < 0.3:
            continue
        unsure = row.get("state") in UNCERTAIN
        kinds = ["approve", "skip"] if unsure else ["approve"] * 6 + ["skip", "done"]
        kind = rng.choice(kinds)
        put(page, row["#"], **{kind: _word(team, "flag", "yes")})
        if unsure:
            _settles(team, row, kind)
        else:
            team.judge.ticks.append(_tick(team, row, kind))


def _tick(team: Team, row: Typed, kind: str) -> Tick:
    shown: dict[str, tuple[date | None, Decimal]] = {}
    assert team.shown is not None
    for name in str(row.get("receivables") or "").split("; "):
        invoice = team.shown.by_id.get(name)
        if invoice is not None and invoice.due is not None and invoice.amount is not None:
            shown[name] = (invoice.due, team.shown.owed(invoice).balance)
    to = frozenset(piece.strip() for piece in str(row.get("to") or "").split(";"))
    return Tick(kind, str(row["client"]), str(row["step"]), to, shown, team.shown.today)


def _settles(team: Team, row: Typed, kind: str) -> None:
    """On an uncertain row approve says: send it again; skip: it arrived. Its key says which."""
    assert team.shown is not None
    for told in team.shown.sight.rows("history"):
        reference, day = str(told.get("reference")), day_of(told.get("at"))
        if reference not in str(row["key"]) or day is None:
            continue
        if kind == "approve":
            team.judge.may_go_again(reference)
        else:
            team.judge.is_said_to_have_arrived(reference, day)


# Between runs: the file as a whole.


def clears_up(team: Team) -> None:
    """What keeps people out of messages seldom lasts."""
    automatic = _word(team, "mode", "automatic")
    with team.book.sitting() as desk:
        mends_rows(team, desk, team.rng)
        for row in rows_of(desk.page("clients")):
            put(desk.page("clients"), row["#"], do_not_contact=None, hold_until=None)
        for row in rows_of(desk.page("receivables")):
            put(desk.page("receivables"), row["#"], disputed=None, hold_until=None)
        _set(team, desk, "tax_id", "11.222.333/0001-81")
        if team.rng.random() < 0.5:
            _set(team, desk, "mode", automatic)


def restores(team: Team) -> None:
    """Yesterday's file comes back, unless some ledger leans on what only today's History has."""
    kept = team.memory.get("kept")
    if kept and _is_covered(team, kept[-1][2]):
        content, shown, _ = kept[-1]
        team.book.restore(content)
        team.shown = shown
        team.log.append(f"{team.today} restores yesterday's file")


def keeps(team: Team) -> None:
    """A copy for tomorrow."""
    kept = team.memory.setdefault("kept", [])
    kept[:] = [*kept[-1:], (team.book.kept(), team.shown, _references(team))]


def clears_history(team: Team) -> None:
    if not _is_covered(team, set()):
        return
    team.log.append(f"{team.today} clears History")
    with team.book.sitting() as desk:
        page = desk.page("history")
        for row in range(page.last(), 1, -1):
            page.delete_row(row)


def deletes_the_ledger(team: Team) -> None:
    """One computer's ledger goes; what it alone knows must stand in History."""
    told = _references(team)
    if team.judge.references() - team.judge.freed <= told:
        team.log.append(f"{team.today} deletes the ledger")
        for path in sorted(team.state.glob("ledger.sqlite3*")):
            path.unlink()


def day(team: Team) -> None:
    """One day: people at their desks, a run or two, whatever happens to the file."""
    rng = team.rng
    if rng.random() < 0.8:
        sit(team)
    if rng.random() < 0.3:
        clears_up(team)
    for act in (restores, clears_history, deletes_the_ledger, changes_computers, copies_the_file):
        if rng.random() < 0.07:
            act(team)
    for _ in range(rng.choice([1, 1, 2])):
        team.run()
        if rng.random() < 0.3:
            sit(team)
    keeps(team)


def changes_computers(team: Team) -> None:
    """Another computer with a ledger of its own; what it does not know stands in History."""
    if team.may_change_computers():
        team.machine = 1 - team.machine
        team.log.append(f"{team.today} computer {team.machine}")


def copies_the_file(team: Team) -> None:
    """A copy elsewhere is refused, by whoever can know that it is one."""
    known = bool(team.book.look().rows("runs"))
    if known:
        team.log.append(f"{team.today} copies the file")
        team.run_copy(other_computer=team.rng.random() < 0.5)


def _references(team: Team) -> set[str]:
    return {str(row.get("reference")) for row in team.book.look().rows("history")}


def _is_covered(team: Team, told: set[str]) -> bool:
    """Whether each ledger knows by itself all that a History with only `told` would lack."""
    said = team.judge.references()
    machines = {int(path.name.rpartition("-")[2]) for path in team.folder.glob("machine-*")}
    return all(said - told <= team.known_to_ledger(number) for number in machines | {team.machine})


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and value > 0


ACTS: tuple[Act, ...] = (
    pays, pays, pays_a_part, takes_the_payment_back, disputes, holds, moves_the_due_date,
    moves_the_due_date, changes_the_amount, cancels, promises, bills, changes_an_address,
    stops_contact, holds_a_client, switches_policy, renames_a_step, sets_the_mode,
    forgets_the_tax_id, enters_payments, sorts, sorts, sorts_the_queue, inserts_a_row,
    deletes_a_row, copies_a_row, blanks_an_id, spoils_a_row, mends_rows, mends_rows,
    moves_a_column, adds_a_column, adds_a_tab, types_over_the_engine, takes_notes,
    ticks, ticks, ticks,
)  # fmt: skip
