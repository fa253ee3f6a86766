"""A workbook in memory, a ledger on disk, and bank files that arrive: days of a team."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sheet_templates import headings
from sync.commands.bank import BankInTab
from sync.domain.facts import StepKey
from sync.history_keys import encode_keys
from sync.ledger import Ledger
from sync.look import BankMoney, Look, look
from sync.receiving import BankSource
from sync.taking_in import take_in
from sync.workbook import Snapshot
from tests.bank_desk import statement
from tests.domain_language import CALENDAR
from tests.posted import BOOK, Watch
from tests.team_workbook import Team, client, day, invoice

TODAY = "2026-03-31"
ASKED = {"R" + 11 * "A": ("F-1",), "R" + 11 * "B": ("F-2", "F-3"), "R" + 11 * "C": ("F-4",)}
"""Messages of 20 March by their references, and what each asked for."""
OWED = {"F-1": "100.00", "F-2": "200.00", "F-3": "50.00", "F-4": "100.00", "F-5": "70.00"}
OWNER = {"F-1": "Ana", "F-2": "Bruno", "F-3": "Bruno", "F-4": "Carla", "F-5": "Ana"}


def key_of(name: str) -> StepKey:
    """The first overdue step about an invoice."""
    return StepKey(
        invoice=name, due_on=day("03-10"), policy="padrão", step="Primeiro lembrete", offset=3
    )


def rows_of_history() -> list[Mapping[str, Any]]:
    """The three messages as History shows them."""
    return [
        {
            "at": datetime.combine(day("03-20"), time(9)),
            "client": OWNER[names[0]],
            "step": "Primeiro lembrete",
            "channel": "email",
            "to": "x@example.com",
            "receivables": "; ".join(names),
            "total": sum(Decimal(OWED[name]) for name in names),
            "valid_until": day("03-27"),
            "reference": reference,
            "keys": encode_keys(map(key_of, names)),
            "outcome": "sent",
        }
        for reference, names in ASKED.items()
    ]


class Office:
    """Ana, Bruno and Carla owe five invoices; three messages asked for four of them."""

    def __init__(self, folder: Path, *, more: Sequence[Mapping[str, Any]] = (), **settings: Any):
        self.folder = folder
        rows = [invoice(name, OWNER[name], "03-10", amount) for name, amount in OWED.items()]
        self.team = Team(
            {
                "clients": [
                    client(name, legal_name=f"{name} Comércio") for name in set(OWNER.values())
                ],
                "receivables": [*rows, *more],
                "history": rows_of_history(),
            },
            **settings,
        )
        self.store = self.team.store
        self.path = folder / "ledger.sqlite3"
        self.ledger = Ledger(self.path, Watch())
        self.source: BankSource

    def lose_the_ledger(self) -> None:
        self.ledger.close()
        for path in self.folder.glob("ledger.sqlite3*"):
            path.unlink()
        self.ledger = Ledger(self.path, Watch())

    def look(self, snapshot: Snapshot | None = None, today: str = TODAY) -> Look:
        bank = self.ledger.bank
        return look(
            snapshot or self.store.read(),
            run_date=day(today),
            today=day(today),
            calendar_for=lambda _: CALENDAR,
            money=BankMoney(until=bank.until(BOOK), waiting=bank.waiting(BOOK)),
        )

    def take(self, *texts: str | bytes, today: str = TODAY) -> Look:
        """Read files and carry out what stands in the tab, as `bank` does."""
        files = []
        for number, text in enumerate(texts):
            path = self.folder / f"extrato-{number}.csv"
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            files.append(path)
        self.source = BankSource(ledger=self.ledger, workbook_id=BOOK, files=files)
        at = [BankInTab(self.source)]
        return take_in(at, self.look(today=today), self.store, lambda s: self.look(s, today))

    # What people see and do.

    def rows(self, tab: str) -> list[dict[str, Any]]:
        return list(self.team.rows(tab))

    def lines(self) -> dict[str, dict[str, Any]]:
        """The rows of the bank matches tab by the line's id."""
        return {str(row["id"]): row for row in self.rows("bank_matches") if row.get("id")}

    def only(self) -> dict[str, Any]:
        (row,) = self.lines().values()
        return row

    def tick(self, line: str, column: str, value: object = True) -> None:
        yes = headings.value_text(self.team.language, "flag", "yes")
        self.team.type("bank_matches", line, column, yes if value is True else value)  # type: ignore[arg-type] # a cell

    def enter(self, name: str | None, on: str, amount: str, **cells: Any) -> None:
        """A person enters a payment by hand."""
        owner = OWNER.get(name or "") or cells.pop("client")
        row = {"paid_on": day(on), "receivable": name, "client": owner, "amount": Decimal(amount)}
        (typed,) = self.team.words("payments", [{**row, **cells}])
        self.store.type_rows("payments", [typed])

    def paid(self) -> list[tuple[Any, ...]]:
        """The rows of the payments tab: invoice, client, amount."""
        rows = self.rows("payments")
        return [(row.get("receivable"), row.get("client"), row.get("amount")) for row in rows]


@contextmanager
def office(**settings: Any) -> Iterator[Office]:
    """One for the time of a block, in a folder of its own."""
    with TemporaryDirectory() as folder:
        made = Office(Path(folder), **settings)
        try:
            yield made
        finally:
            made.ledger.close()


def pix(
    on: str, amount: str, *, payer: str = "", memo: str = "PIX RECEBIDO", txid: str = ""
) -> str:
    """One row of a bank's CSV."""
    return f"{day(on):%d/%m/%Y};{amount.replace('.', ',')};{payer};;{memo};{txid}"


def file_of(*rows: str) -> str:
    return statement(*rows)
