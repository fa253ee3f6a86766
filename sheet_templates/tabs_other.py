"""The tabs of results, records and set-up."""

from __future__ import annotations

from sheet_templates.columns import Group, Kind, Owner, Tab, columns
from sheet_templates.lists import AGING_BUCKETS

TEXT = Kind.TEXT
DATE = Kind.DATE
DATETIME = Kind.DATETIME
MONEY = Kind.MONEY
PERCENT = Kind.PERCENT
INT = Kind.INT
NUMBER = Kind.NUMBER
FLAG = Kind.FLAG
LIST = Kind.LIST

# Aging: one row a client, below two rows for the whole book.
#   row 2: `client` holds the text of aging_row 'bounds', the other cells the buckets in words
#          ("A vencer", "1–30", … "> 180"), so that the tab is true whatever bounds are set;
#   row 3: `client` holds the text of aging_row 'total', the other cells the sums of the rows below;
#   from row 4: one row for each client with an open balance.
# The dashboard's chart reads rows 2 (names) and 3 (amounts). Unused buckets stay blank.
AGING = Tab(
    key="aging",
    key_columns=("client",),
    group=Group.RESULTS,
    columns=columns(
        Owner.ENGINE,
        ("client", TEXT, "26"),
        ("not_due", MONEY),
        *((f"b{n}", MONEY) for n in range(1, AGING_BUCKETS + 1)),
        ("total", MONEY, "17"),
    ),
)

# Results: one row a measure. `value` is a number in `unit` (a percentage as 87.5 with unit '%').
RESULTS = Tab(
    key="results",
    group=Group.RESULTS,
    columns=columns(
        Owner.ENGINE,
        ("measure", TEXT, "56"),
        ("value", NUMBER, "17"),
        ("unit", TEXT, "10"),
        ("period", TEXT, "26"),
        ("rows_behind", INT, "12"),
        ("explanation", TEXT, "122"),
    ),
)

# Forecast: FORECAST_WEEKS rows, the week of the run first. `week` is a short name ("23/11").
FORECAST = Tab(
    key="forecast",
    key_columns=("week",),
    group=Group.RESULTS,
    columns=columns(
        Owner.ENGINE,
        ("week", TEXT, "14"),
        ("from", DATE),
        ("until", DATE),
        ("amount_due", MONEY, "17"),
        ("expected", MONEY, "17"),
        ("promised", MONEY, "17"),
        ("instalments", MONEY, "17"),
    ),
)

HISTORY = Tab(
    key="history",
    key_columns=("message_id",),
    group=Group.RECORDS,
    appends=True,
    columns=columns(
        Owner.LOG,
        ("at", DATETIME),
        ("client", TEXT, "24"),
        ("step", TEXT, "22"),
        ("channel", LIST, "channel 12"),
        ("to", TEXT, "32"),
        ("subject", TEXT, "44"),
        ("receivables", TEXT, "24"),
        ("total", MONEY),
        ("valid_until", DATE),
        ("reference", TEXT, "16"),
        ("message_id", TEXT, "30"),
        ("run", TEXT, "14"),
        ("by", TEXT, "16"),
        ("keys", TEXT, "hidden 30"),
    )
    + columns(Owner.ENGINE, ("outcome", LIST, "history_outcome 14")),
)

# Runs: `place` is host and path of the file, which tells a copy from the original.
RUNS = Tab(
    key="runs",
    key_columns=("run",),
    group=Group.RECORDS,
    appends=True,
    columns=columns(
        Owner.LOG,
        ("run", TEXT, "14"),
        ("at", DATETIME),
        ("finished_at", DATETIME),
        ("mode", LIST, "mode 14"),
        ("result", LIST, "run_result 20"),
        ("sent", INT),
        ("held", INT),
        ("refused", INT),
        ("uncertain", INT),
        ("postponed", INT),
        ("issues", INT),
        ("place", TEXT, "44"),
        ("seconds", NUMBER, "11"),
        ("notes", TEXT, "60"),
    ),
)

# Trends: one row a month, `month` its first day; the dashboard shows the last twelve.
TRENDS = Tab(
    key="trends",
    key_columns=("month",),
    group=Group.RECORDS,
    appends=True,
    columns=columns(
        Owner.LOG,
        ("month", DATE),
        ("open_amount", MONEY, "17"),
        ("overdue_amount", MONEY, "17"),
        ("dso", NUMBER),
        ("cei", NUMBER),
        ("on_time_rate", PERCENT, "14"),
        ("received", MONEY, "17"),
        ("sent", INT),
    ),
)

POLICY = Tab(
    key="policy",
    key_columns=("policy", "step"),
    group=Group.SETUP,
    columns=columns(
        Owner.USER,
        ("policy", TEXT, "required 14"),
        ("step", TEXT, "required 26"),
        ("offset", INT, "required 9"),
        ("channel", LIST, "channel required 12"),
        ("template", TEXT, "templates required 26"),
        ("approval", FLAG, "14"),
        ("minimum", MONEY, "15"),
        ("repeat_every", INT, "14"),
        ("repeat_max", INT, "14"),
        ("offers", FLAG, "13"),
        ("active", FLAG, "10"),
    ),
)

TEMPLATES = Tab(
    key="templates",
    key_columns=("template", "language"),
    group=Group.SETUP,
    columns=columns(
        Owner.USER,
        ("template", TEXT, "required 26"),
        ("language", LIST, "language required 10"),
        ("subject", TEXT, "46"),
        ("body", TEXT, "required 96"),
    ),
)

OFFERS = Tab(
    key="offers",
    group=Group.SETUP,
    columns=columns(
        Owner.USER,
        ("from_days", INT, "required 9"),
        ("to_days", INT, "9"),
        ("charges_discount", PERCENT, "15"),
        ("principal_discount", PERCENT, "15"),
        ("instalments", INT, "required 11"),
        ("minimum_instalment", MONEY, "15"),
        ("monthly_rate", PERCENT, "15"),
        ("first_due_days", INT, "16"),
        ("valid_days", INT, "12"),
    ),
)

SETTINGS = Tab(
    key="settings",
    key_columns=("setting",),
    group=Group.SETUP,
    columns=columns(
        Owner.USER,
        ("setting", TEXT, "required 36"),
        ("value", TEXT, "44"),
        ("explanation", TEXT, "96"),
    ),
)

PLAYBOOK = Tab(
    key="playbook",
    group=Group.SETUP,
    columns=columns(
        Owner.USER, ("step", TEXT, "26"), ("situation", TEXT, "36"), ("text", TEXT, "100")
    ),
)
