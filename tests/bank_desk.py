"""A team's workbook on which days pass and bank files arrive, through the real commands."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from tests.workbooks import edit, rows_of

PIX = {"pix_key": "financeiro@example.com", "pix_city": "São Paulo"}


class BankDesk:
    """One workbook, its outbox, its ledger and its folder of bank files."""

    def __init__(self, book: Path, patch: pytest.MonkeyPatch) -> None:
        self.book = book
        self.patch = patch
        self.folder = book.parent / "bank"
        self.folder.mkdir(exist_ok=True)
        self.state = book.parent / "state"
        self.outbox = book.parent / "outbox"
        self.config = book.parent / "regua.toml"
        self.config.write_text(
            f"""
[[workbooks]]
name = "main"
path = "{book.name}"
bank_folder = "bank"
[mail]
transport = "folder"
directory = "outbox"
[state]
directory = "state"
""",
            encoding="utf-8",
        )

    def regua(self, moment: str, *arguments: object) -> tuple[int, Any]:
        """A command at a moment (`2026-03-16`: at nine), with --json."""
        self.patch.setenv("REGUA_NOW", moment if "T" in moment else f"{moment}T09:00:00-03:00")
        out = io.StringIO()
        with redirect_stdout(out):
            code = main([*map(str, arguments), "--config", str(self.config), "--json"])
        return code, json.loads(out.getvalue())

    def run(self, day: str) -> Any:
        """A run that must end well."""
        code, page = self.regua(day, "run")
        assert code == 0, page
        return page

    def bank(self, day: str, *files: object) -> Any:
        """Files that must be taken in."""
        code, page = self.regua(day, "bank", *files)
        assert code == 0, page
        return page

    def file(self, text: str | bytes, name: str = "extrato.csv") -> Path:
        """A file as somebody downloaded it, outside the folder."""
        path = self.book.parent / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def letters(self) -> int:
        return len(list(self.outbox.glob("*.eml")))

    def rows(self, tab: str) -> list[dict[str, Any]]:
        return rows_of(self.book, tab)

    def tick(self, line: str, **ticks: object) -> None:
        edit(self.book, "bank_matches", line, **ticks)


def statement(*rows: str) -> str:
    """A bank's CSV: day; amount; payer; tax number; memo; txid."""
    return "\n".join(("Data;Valor;Pagador;CPF/CNPJ;Histórico;Txid", *rows)) + "\n"
