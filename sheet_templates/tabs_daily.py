"""The tabs of the daily work: what people enter, and what the engine says of it."""

from __future__ import annotations

from sheet_templates.columns import Group, Kind, Owner, Tab, columns

TEXT = Kind.TEXT
DATE = Kind.DATE
DATETIME = Kind.DATETIME
MONEY = Kind.MONEY
PERCENT = Kind.PERCENT
INT = Kind.INT
NUMBER = Kind.NUMBER
FLAG = Kind.FLAG
LIST = Kind.LIST
MAILS = Kind.MAILS

# What the engine says of an item, the same for receivables and for instalments.
_STANDING = columns(
    Owner.ENGINE,
    ("status", LIST, "status 14"),
    ("days_past_due", INT),
    ("bucket", TEXT, "12"),
    ("balance", MONEY),
    ("late_fee", MONEY, "12"),
    ("interest", MONEY, "12"),
    ("total_due", MONEY),
    ("last_reminder", DATE),
    ("last_step", TEXT, "22"),
    ("next_reminder", DATE),
    ("hold_reason", TEXT, "62"),
)

RECEIVABLES = Tab(
    key="receivables",
    key_columns=("id",),
    group=Group.DAILY,
    appends=True,
    columns=columns(
        Owner.USER,
        ("id", TEXT, "required 14"),
        ("client", TEXT, "clients required 24"),
        ("description", TEXT, "30"),
        ("issued_on", DATE),
        ("due_on", DATE, "required"),
        ("amount", MONEY, "required"),
        ("method", LIST, "method 15"),
        ("payment_code", TEXT, "26"),
        ("paid_on", DATE),
        ("paid_amount", MONEY),
        ("disputed", FLAG),
        ("hold_until", DATE),
        ("delay_reason", LIST, "delay_reason 20"),
        ("policy", TEXT, "policies 14"),
        ("cancelled", LIST, "cancelled 13"),
        ("notes", TEXT, "30"),
    )
    + _STANDING,
)

CLIENTS = Tab(
    key="clients",
    key_columns=("client",),
    group=Group.DAILY,
    appends=True,  # `import`, a person's act, adds the clients of invoices it adds
    columns=columns(
        Owner.USER,
        ("client", TEXT, "required 24"),
        ("legal_name", TEXT, "36"),
        ("tax_id", TEXT, "21"),
        ("contact", TEXT, "18"),
        ("email", MAILS, "34"),
        ("cc", MAILS, "26"),
        ("phone", TEXT, "19"),
        ("segment", TEXT, "15"),
        ("policy", TEXT, "policies 14"),
        ("language", LIST, "language 11"),
        ("do_not_contact", FLAG, "13"),
        ("hold_until", DATE),
        ("owner", TEXT, "16"),
        ("notes", TEXT, "34"),
    )
    + columns(
        Owner.ENGINE,
        ("open_balance", MONEY),
        ("overdue_balance", MONEY),
        ("average_delay", NUMBER),
        ("on_time_rate", PERCENT, "14"),
        ("promise_rate", PERCENT, "13"),
        ("points", INT, "10"),
        ("risk", LIST, "risk 10"),
        ("last_contact", DATE),
        ("suggestion", TEXT, "40"),
    ),
)

PAYMENTS = Tab(
    key="payments",
    group=Group.DAILY,
    appends=True,
    columns=columns(
        Owner.USER,
        ("paid_on", DATE, "required"),
        ("receivable", TEXT, "receivables 16"),
        ("client", TEXT, "clients 24"),
        ("amount", MONEY, "required"),
        ("method", LIST, "method 15"),
        ("reference", TEXT, "26"),
        ("source", TEXT, "18"),
        ("notes", TEXT, "36"),
    ),
)

NEGOTIATIONS = Tab(
    key="negotiations",
    key_columns=("ref",),
    group=Group.DAILY,
    appends=True,
    columns=columns(
        Owner.USER,
        ("at", DATETIME, "required"),
        ("client", TEXT, "clients required 24"),
        ("receivables", TEXT, "24"),
        ("kind", LIST, "kind required 15"),
        ("amount", MONEY),
        ("pay_by", DATE),
        ("instalments", INT),
        ("first_due_on", DATE),
        ("discount", PERCENT),
        ("channel", LIST, "channel 12"),
        ("by", TEXT, "16"),
        ("notes", TEXT, "40"),
        ("closed_on", DATE),
    )
    + columns(Owner.ENGINE, ("ref", TEXT, "16"), ("outcome", LIST, "outcome 14")),
)

INSTALMENTS = Tab(
    key="instalments",
    key_columns=("instalment",),
    group=Group.DAILY,
    appends=True,
    columns=columns(
        Owner.LOG,
        ("instalment", TEXT, "18"),
        ("agreement", TEXT, "16"),
        ("client", TEXT, "24"),
        ("receivables", TEXT, "24"),
        ("due_on", DATE),
        ("amount", MONEY),
    )
    + columns(Owner.USER, ("paid_on", DATE), ("paid_amount", MONEY))
    + _STANDING,
)

# The choices stand right after what they are about: a person who approves need not scroll.
QUEUE = Tab(
    key="queue",
    key_columns=("key",),
    group=Group.DAILY,
    columns=columns(
        Owner.ENGINE,
        ("client", TEXT, "24"),
        ("step", TEXT, "22"),
        ("receivables", TEXT, "22"),
        ("total", MONEY),
        ("state", LIST, "queue_state 20"),
    )
    + columns(
        Owner.CHOICE,
        ("approve", FLAG),
        ("skip", FLAG, "10"),
        ("done", FLAG, "10"),
        ("call_result", LIST, "call_result optional 18"),
    )
    + columns(
        Owner.ENGINE,
        ("reason", TEXT, "62"),
        ("send_on", DATE),
        ("to", TEXT, "32"),
        ("subject", TEXT, "44"),
        ("whatsapp", TEXT, "16"),
        ("key", TEXT, "hidden 20"),
    ),
)

BANK_MATCHES = Tab(
    key="bank_matches",
    key_columns=("id",),
    group=Group.DAILY,
    columns=columns(
        Owner.ENGINE,
        ("id", TEXT, "22"),
        ("posted_on", DATE),
        ("amount", MONEY),
        ("payer", TEXT, "28"),
        ("memo", TEXT, "36"),
        ("receivable", TEXT, "17"),
        ("confidence", PERCENT),
    )
    + columns(
        Owner.CHOICE,
        ("confirm", FLAG, "13"),
        ("ignore", FLAG),
        ("receivable_override", TEXT, "20"),
    ),
)

RECURRING = Tab(
    key="recurring",
    key_columns=("name",),
    group=Group.DAILY,
    columns=columns(
        Owner.USER,
        ("name", TEXT, "required 24"),
        ("client", TEXT, "clients required 24"),
        ("description", TEXT, "30"),
        ("amount", MONEY, "required"),
        ("every", LIST, "every required 12"),
        ("day", INT, "8"),
        ("from", DATE),
        ("until", DATE),
        ("method", LIST, "method 15"),
        ("policy", TEXT, "policies 14"),
        ("create_before", INT, "14"),
        ("active", FLAG, "10"),
    )
    + columns(Owner.ENGINE, ("last_created", DATE)),
)

ISSUES = Tab(
    key="issues",
    group=Group.DAILY,
    columns=columns(
        Owner.ENGINE,
        ("tab", TEXT, "16"),
        ("row", INT, "9"),
        ("column", TEXT, "20"),
        ("value", TEXT, "26"),
        ("problem", TEXT, "56"),
        ("repair", TEXT, "60"),
        ("severity", LIST, "severity 12"),
    ),
)
