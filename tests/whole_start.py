"""How a story of whole runs begins: a small team with its clients, invoices and ladders."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Literal

from sheet_templates import headings
from sheet_templates.excel_cells import shown
from sheet_templates.schema import SETTINGS, TABS
from sync.stores.memory import MemoryStore
from sync.workbook import Cell
from tests.whole_book import Book, FileBook, MemoryBook
from tests.whole_days import Chances, Team
from tests.whole_truth import DAY, PROMISE_BROKEN
from tests.workbooks import COMPANY, make

Kind = Literal["file", "memory"]
Rows = list[dict[str, Any]]

NAMES = ("Ana", "Bia & Filhos", "Caio", "Davi Ltda", "Eva", "Fábio")
# policy, step, offset, more
STEPS: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("Standard", "Before", -3, {}),
    ("Standard", "Today", 0, {}),
    ("Standard", "First", 3, {}),
    ("Standard", "Second", 10, {}),
    ("Standard", "Chat", 15, {"channel": "whatsapp"}),
    ("Standard", "Last", 25, {"approval": True}),
    ("Gentle", "Word", 1, {}),
    ("Gentle", "Again", 7, {"repeat_every": 5, "repeat_max": 2}),
    ("Gentle", "Final", 20, {"minimum": Decimal(50)}),
)


def policy_rows() -> Rows:
    return [
        {
            "policy": policy,
            "step": step,
            "offset": offset,
            "channel": "email",
            "template": f"t{offset}",
            "active": True,
            **more,
        }
        for policy, step, offset, more in STEPS
    ]


def template_rows() -> Rows:
    """Letters that carry a mark of their step and language, and figures in plain lines."""
    body = "Olá {contact},\n\n{table}\n\nTOTAL {total}\n\n{signature}"
    names = {f"t{offset}": offset for _, _, offset, _ in STEPS} | {"promise_broken": PROMISE_BROKEN}
    return [
        {
            "template": name,
            "language": language,
            "subject": f"{{client}} [{offset}|{language}]",
            "body": body,
        }
        for name, offset in names.items()
        for language in ("pt-BR", "en")
    ]


def begin(rng: Random, folder: Path, kind: Kind, chances: Chances | None = None) -> Team:
    """A team on a first day: two to six clients with invoices in every state."""
    today = date(2026, 3, 2) + DAY * rng.randrange(75)
    language = rng.choice(["pt-BR", "en"])
    names = NAMES[: rng.randint(2, 6)]
    clients: Rows = [
        {
            "client": name,
            "email": f"{headings.fold(name).replace(' ', '').replace('&', '')}@example.com",
            "phone": "11999990000",
            "policy": rng.choice([None, None, "Gentle"]),
            "language": rng.choice([None, None, "pt-BR", "en"]),
        }
        for name in names
    ]
    rows: dict[str, Rows] = {
        "receivables": [
            _invoice(rng, f"{name[0]}-{number}", name, today)
            for name in names
            for number in range(1, rng.randint(2, 4))
        ],
        "clients": clients,
        "policy": policy_rows(),
        "templates": template_rows(),
    }
    settings = {
        "mode": rng.choice(["automatic", "automatic", "automatic", "approval"]),
        "contact_gap": rng.choice([0, 3, 3]),
        **rng.choice([{}, {"late_fee": Decimal("0.02"), "monthly_interest": Decimal("0.01")}]),
        **rng.choice([{}, {}, {"payments_max_age": 5, "payments_until": today - DAY}]),
    }
    book = _book(folder, kind, language, rows, settings)
    return Team(book=book, folder=folder, rng=rng, today=today, chances=chances or Chances())


def _invoice(rng: Random, name: str, client: str, today: date) -> dict[str, Any]:
    due = today + DAY * rng.choice([-120, -40, -26, -14, -10, -5, -3, -2, -1, 0, 1, 3, 5])
    state: dict[str, Any] = rng.choice(
        [{}] * 9
        + [
            {"paid_on": today - DAY},
            {"disputed": True},
            {"hold_until": today + DAY * 2},
            {"cancelled": "void"},
            {"cancelled": "written_off"},
        ]
    )
    amount = Decimal(rng.randrange(2000, 90000)) / 100
    return {"id": name, "client": client, "due_on": due, "amount": amount, **state}


def _book(
    folder: Path, kind: Kind, language: str, rows: dict[str, Rows], settings: dict[str, Any]
) -> Book:
    if kind == "file":
        receivables, clients = rows.pop("receivables"), rows.pop("clients")
        path = folder / "book.xlsx"
        make(path, receivables, clients, language=language, settings=settings, **rows)
        return FileBook(path, language)
    words = {key: [_words(language, key, row) for row in some] for key, some in rows.items()}
    words["settings"] = _settings(language, {**COMPANY, **settings})
    return MemoryBook(MemoryStore(words, language=language, workbook_id="whole-story"))


def _words(language: str, tab: str, row: dict[str, Any]) -> dict[str, Cell]:
    """A row as a person would see it."""
    known = {column.key: column for column in TABS[tab].columns}
    return {
        key: shown(language, known[key].kind, known[key].list_name, value)  # type: ignore[misc] # a cell
        for key, value in row.items()
    }


def _settings(language: str, given: dict[str, Any]) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for key, setting in SETTINGS.items():
        value = shown(language, setting.kind, setting.list_name, given.get(key, setting.default))
        label = headings.setting_label(language, key)
        rows.append({"setting": label, "value": value})  # type: ignore[dict-item] # a cell
    return rows
