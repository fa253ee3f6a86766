"""Workbooks of a given size for the measurements: several years of rows, 5 % of them open.

Made once by the product's own builder, from a seed; 27 columns a row, two of them the team's own.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from sheet_templates import excel

TODAY = date(2026, 3, 17)
CLIENTS = 400
_OPEN = 0.05


def rows(count: int, seed: int = 5) -> Iterator[dict[str, object]]:
    """Receivables over five years; what is open fell due in the last months or will."""
    chance = random.Random(seed)
    for number in range(count):
        is_open = chance.random() < _OPEN
        back = chance.randint(-30, 80) if is_open else chance.randint(90, 1800)
        due = TODAY - timedelta(days=back)
        row: dict[str, object] = {
            "id": f"NF-{number:06d}",
            "client": f"Cliente {chance.randrange(CLIENTS):03d}",
            "description": f"Serviços de {due:%m/%Y}",
            "issued_on": due - timedelta(days=30),
            "due_on": due,
            "amount": Decimal(chance.randint(5000, 900000)) / 100,
            "method": chance.choice(("pix", "boleto", "transfer")),
            "Centro de custo": f"CC-{chance.randrange(20)}",
            "Pedido": f"P{number * 7 % 99991:05d}",
        }
        if not is_open:
            row["paid_on"] = due + timedelta(days=chance.randint(-5, 20))
        yield row


def make(path: Path, count: int) -> None:
    """Write a workbook of `count` receivables."""
    clients = [
        {"client": f"Cliente {n:03d}", "email": f"cliente{n:03d}@example.com"}
        for n in range(CLIENTS)
    ]
    data = excel.build(
        "pt-BR",
        rows={"receivables": list(rows(count)), "clients": clients},
        extra_columns=("Centro de custo", "Pedido"),
        settings={
            "company": "Exemplo",
            "legal_name": "Exemplo Serviços Ltda",
            "tax_id": "11.222.333/0001-81",
            "address": "Rua das Flores, 10, São Paulo",
            "reply_to": "financeiro@example.com",
            "mode": "approval",
            "payments_until": TODAY,
            "late_fee": Decimal("0.02"),
            "monthly_interest": Decimal("0.01"),
        },
        workbook_id=f"bench-{count}",
        created=TODAY,
    )
    path.write_bytes(data)
