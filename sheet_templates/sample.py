"""A believable company's receivables, made from a seed and a date.

A small maker of office furniture in São Paulo and its clients, each with a story: who pays on time,
who is late, who disputes, promised, asked for time, paid a part, has no e-mail, has a mistake in
the row. With it a run shows messages that leave and messages that are held, each for its reason.
People and texts stand in `locale/sample.toml`; nobody in it exists and every address is under
example.com.
"""

from __future__ import annotations

import tomllib
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sheet_templates.headings import fold
from sheet_templates.tax_ids import made_up_cnpj, made_up_cpf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What `excel.build` takes: rows by tab, and settings by key."""

    rows: Mapping[str, Sequence[Mapping[str, object]]]
    settings: Mapping[str, object]


def sample(language: str, *, seed: int, today: date) -> Sample:
    """Return the sample company's ledger as of a day.

    Args:
        language: Of descriptions and notes; the names are Brazilian in both.
        seed: The same seed and day give the same ledger.
        today: The day from which all dates are counted; payments are entered up to it.
    """
    rng = Random(seed)  # noqa: S311 - made-up amounts and dates, no secrets
    story = _Story(language=language, today=today, rng=rng)
    clients = [_client(person, language, rng) for person in _people()["clients"]]
    for person, client in zip(_people()["clients"], clients, strict=True):
        story.tell(str(client["client"]), person["story"])
    rows = story.rows()
    return Sample(rows={"clients": clients, **rows}, settings=_settings(language, rng, today))


@cache
def _people() -> Mapping[str, Any]:
    text = (resources.files("sheet_templates") / "locale" / "sample.toml").read_text("utf-8")
    return tomllib.loads(text)


def _client(person: Mapping[str, Any], language: str, rng: Random) -> dict[str, object]:
    number = _people()["clients"].index(person) + 1
    address = fold(person["client"]).replace(" ", ".") + "@example.com"
    row: dict[str, object] = {
        "client": person["client"],
        "legal_name": person["legal_name"],
        "tax_id": made_up_cpf(rng) if person.get("person") else made_up_cnpj(rng),
        "contact": person["contact"],
        "email": address,
        "phone": f"+55 11 90000-{number:04d}",
        "segment": _people()["segments"][language][person["segment"]],
        "owner": rng.choice(_people()["owners"]["names"]),
    }
    if "language" in person:
        row["language"] = person["language"]
    if person["story"] == "no_email":
        row |= {"email": None, "notes": _people()["texts"][language]["no_email"]}
    if person["story"] == "several_buckets":
        row["email"] = f"{address}; obras.{address}"
    return row


def _settings(language: str, rng: Random, today: date) -> dict[str, object]:
    company = _people()["company"]
    return {
        "company": company["company"],
        "legal_name": company["legal_name"],
        "tax_id": made_up_cnpj(rng),
        "address": company["address"],
        "reply_to": company["reply_to"],
        "signature": company["signature"][language],
        "pix_key": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "pix_city": company["pix_city"],
        "mode": "automatic",
        "late_fee": Decimal("0.02"),
        "monthly_interest": Decimal("0.01"),
        "payments_until": today,
        "state": "SP",
        "city": company["city"],
    }


@dataclass(slots=True, kw_only=True)
class _Invoice:
    """A receivable before it has its number; `more` are further cells of its row."""

    client: str
    issued_on: date
    due_on: date
    amount: Decimal
    more: dict[str, object] = field(default_factory=dict)
    id: str = ""


# How late each client has paid so far, in days: from, to.
_HABITS: Final = {
    "good_payer": (-3, 0),
    "slightly_late": (1, 8),
    "several_buckets": (5, 30),
    "partial": (3, 15),
    "very_late": (10, 40),
    "unapplied": (-4, 3),
}
_USUAL_HABIT: Final = (-5, 2)

# What is open today: days from today to the due date (negative: overdue).
_OPEN: Final = {
    "good_payer": (2, 20),
    "slightly_late": (-5, 12),
    "several_buckets": (-75, -40, -12, 8),
    "disputed": (-9, 3),
    "promised": (-14,),
    "on_hold": (-20, 25),
    "partial": (-22,),
    "late_person": (-6,),
    "no_email": (-15,),
    "very_late": (-205, -120),
    "bad_row": (-8,),
    "says_paid": (-11,),
    "due_today": (0, 30),
    "unapplied": (-17,),
}


@dataclass(slots=True, kw_only=True)
class _Story:
    """Collects what happened to each client."""

    language: str
    today: date
    rng: Random
    told: int = 0
    invoices: list[_Invoice] = field(default_factory=list)
    paid: list[tuple[_Invoice, dict[str, object]]] = field(default_factory=list)
    payments: list[dict[str, object]] = field(default_factory=list)
    talks: list[tuple[_Invoice, dict[str, object]]] = field(default_factory=list)

    def tell(self, client: str, story: str) -> None:
        """Add a client's past, what is open, and what makes the client special."""
        shift = self.told * 17 % 60  # spreads the clients over the months
        self.told += 1
        for back in (22, 82, 142):
            days = back + shift + self.rng.randrange(8)
            self._pay(client, days, *_HABITS.get(story, _USUAL_HABIT))
        open_ = [self._invoice(client, days) for days in _OPEN[story]]
        special = getattr(self, f"_{story}", None)
        if special is not None:
            special(client, open_[0])

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Number the invoices by their day of issue and return the rows of each tab."""
        self.invoices.sort(key=lambda invoice: (invoice.issued_on, invoice.client))
        for number, invoice in enumerate(self.invoices, start=1001):
            invoice.id = f"NF-{number}"
        payments = [{"receivable": invoice.id, **line} for invoice, line in self.paid]
        payments += self.payments
        talks = [{"receivables": invoice.id, **talk} for invoice, talk in self.talks]
        return {
            "receivables": [_row(invoice) for invoice in self.invoices],
            "payments": sorted(payments, key=lambda line: str(line["paid_on"])),
            "negotiations": sorted(talks, key=lambda talk: str(talk["at"])),
        }

    def _day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def _text(self, key: str) -> str:
        return str(_people()["texts"][self.language][key])

    def _invoice(self, client: str, days: int, **more: object) -> _Invoice:
        invoice = _Invoice(
            client=client,
            issued_on=self._day(days - self.rng.choice((15, 28, 30))),
            due_on=self._day(days),
            amount=Decimal(self.rng.randrange(18_000, 480_000)) / 100,
            more={
                "description": self.rng.choice(_people()["descriptions"][self.language]),
                "method": self.rng.choice(("pix", "pix", "pix", "transfer")),
                **more,
            },
        )
        invoice.issued_on = min(invoice.issued_on, self.today)
        self.invoices.append(invoice)
        return invoice

    def _pay(self, client: str, back: int, soonest: int, latest: int) -> None:
        """Add an invoice of the past that was paid, told in its row or in the payments tab."""
        invoice = self._invoice(client, -back)
        paid_on = invoice.due_on + timedelta(days=self.rng.randint(soonest, latest))
        paid_on = min(paid_on, self._day(-1))
        if self.rng.random() < 0.6:
            invoice.more["paid_on"] = paid_on
            return
        line: dict[str, object] = {
            "paid_on": paid_on,
            "client": client,
            "amount": invoice.amount,
            "method": invoice.more["method"],
            "reference": f"{self.rng.getrandbits(40):010X}",
            "source": self._text("statement"),
        }
        self.paid.append((invoice, line))

    def _talk(self, invoice: _Invoice, days: int, kind: str, text: str, **more: object) -> None:
        hour = time(self.rng.randrange(9, 17), self.rng.choice((0, 10, 25, 40)))
        talk = {
            "at": datetime.combine(self._day(days), hour),
            "client": invoice.client,
            "kind": kind,
            "channel": self.rng.choice(("call", "whatsapp", "email")),
            "by": self.rng.choice(_people()["owners"]["names"]),
            "notes": self._text(text),
            **more,
        }
        self.talks.append((invoice, talk))

    def _several_buckets(self, _client: str, invoice: _Invoice) -> None:
        self._talk(invoice, -18, "note", "proposal")
        invoice.more["delay_reason"] = "cash_flow"

    def _disputed(self, _client: str, invoice: _Invoice) -> None:
        invoice.more |= {
            "disputed": True,
            "delay_reason": "dispute",
            "notes": self._text("dispute"),
        }

    def _promised(self, client: str, invoice: _Invoice) -> None:
        kept = self._invoice(client, -70, paid_on=self._day(-55))
        self._talk(kept, -62, "promise", "kept_promise", amount=kept.amount, pay_by=self._day(-55))
        self._talk(invoice, -2, "promise", "promise", amount=invoice.amount, pay_by=self._day(4))

    def _on_hold(self, _client: str, invoice: _Invoice) -> None:
        invoice.more |= {
            "hold_until": self._day(10),
            "delay_reason": "approval_pending",
            "notes": self._text("on_hold"),
        }

    def _partial(self, client: str, invoice: _Invoice) -> None:
        part = {
            "paid_on": self._day(-10),
            "client": client,
            "amount": (invoice.amount / 3).quantize(Decimal("0.01")),
            "method": "pix",
            "reference": f"{self.rng.getrandbits(40):010X}",
            "source": self._text("typed"),
            "notes": self._text("partial"),
        }
        self.paid.append((invoice, part))

    def _bad_row(self, client: str, _invoice: _Invoice) -> None:
        wrong = self._invoice(client, -4, notes=self._text("bad_row"))
        typed = self._text("bad_date").format(year=self.today.year)
        wrong.more["due_on"] = typed  # in place of the date, as a person typed it

    def _says_paid(self, client: str, invoice: _Invoice) -> None:
        self._talk(invoice, -1, "says_paid", "says_paid")
        self._invoice(client, -400, cancelled="written_off", notes=self._text("written_off"))
        self._invoice(client, -50, cancelled="void", notes=self._text("void"))

    def _slightly_late(self, _client: str, invoice: _Invoice) -> None:
        invoice.more["payment_code"] = "https://pay.example.com/aurora/bem-viver"

    def _unapplied(self, client: str, _invoice: _Invoice) -> None:
        self.payments.append(
            {
                "paid_on": self._day(-2),
                "client": client,
                "amount": Decimal("350.00"),
                "method": "transfer",
                "source": self._text("deposit"),
                "notes": self._text("unapplied"),
            }
        )


def _row(invoice: _Invoice) -> dict[str, object]:
    return {
        "id": invoice.id,
        "client": invoice.client,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "amount": invoice.amount,
        **invoice.more,
    }
