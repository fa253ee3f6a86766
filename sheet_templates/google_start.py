"""The Google start tab: the first five minutes with live ticks, links, what to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.excel_styles import (
    BRAND,
    GOOD,
    INK,
    LINK,
    MUTED,
    PAPER,
    SOON,
    TAB_COLOURS,
)
from sheet_templates.google_cells import (
    Json,
    colour,
    entered,
    formula,
    grid,
    header_format,
    kind_shape,
    put,
    sized,
    text_format,
    width,
)
from sheet_templates.google_formulas import text
from sheet_templates.google_layout import letters, quoted
from sheet_templates.schema import SETTINGS, TABS, Group, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sheet_templates.google_book import Book

_WIDTHS = (2, 11, 42, 30, 62, 2, 22, 42)
_BAR, _FIRST_STEP = 4, 6
_NO = "1=0"


def fill_start(book: Book) -> Iterator[Json]:
    """Yield what makes the empty tab the start tab."""
    id_ = book.ids["start"]
    texts = headings.locale(book.language)["start"]
    for column, characters in enumerate(_WIDTHS):
        yield sized(id_, "COLUMNS", column, column + 1, width(characters))
    yield _say(id_, 1, 1, texts["title"], size=26, ink=BRAND, bold=True)
    yield _say(id_, 2, 1, texts["subtitle"], size=12, ink=MUTED)
    yield from _steps(book)
    row = _FIRST_STEP + len(_asked(book)) + 1
    yield from _section(id_, row, 1, 5, texts["legend"])
    legend = {
        Owner.USER: "legend_user",
        Owner.ENGINE: "legend_engine",
        Owner.CHOICE: "legend_choice",
    }
    for owner, key in legend.items():
        row += 1
        swatch = {**entered("Aa"), "userEnteredFormat": header_format(owner)}
        yield put(id_, row, 1, swatch)
        yield _say(id_, row, 2, texts[key])
    row += 2
    yield from _section(id_, row, 1, 5, texts["notes"])
    for key in ("note_law", "note_own", "note_copy", "note_secret"):
        row += 1
        yield _say(id_, row, 1, f"•  {texts[key]}", bold=key == "note_law")
    yield from _index(book)


def _say(
    id_: int,
    row: int,
    column: int,
    words: str,
    *,
    size: int = 11,
    ink: str = INK,
    bold: bool = False,
    link: str = "",
) -> Json:
    shape = text_format(size=size, ink=LINK if link else ink, bold=bold)
    if link:
        shape |= {"link": {"uri": link}, "underline": True}
    look = {"textFormat": shape, "verticalAlignment": "MIDDLE"}
    return put(id_, row, column, {**entered(words), "userEnteredFormat": look})


def _section(id_: int, row: int, first: int, last: int, title: str) -> Iterator[Json]:
    look = {
        "backgroundColorStyle": colour(BRAND),
        "textFormat": text_format(size=12, ink=PAPER, bold=True),
        "verticalAlignment": "MIDDLE",
    }
    yield {
        "repeatCell": {
            "range": grid(id_, (row, row + 1), (first, last)),
            "cell": {"userEnteredFormat": look},
            "fields": "userEnteredFormat",
        }
    }
    yield put(id_, row, first, entered(title), fields="userEnteredValue")


def _area(book: Book, tab: str, column: str) -> str:
    letter = letters(book.places[tab][column])
    return f"{quoted(book.titles[tab])}!${letter}$2:${letter}"


def _setting(book: Book, key: str) -> str:
    """Return a formula's expression for a setting's value, wherever its row was sorted to."""
    labels, values = _area(book, "settings", "setting"), _area(book, "settings", "value")
    return f"INDEX({values};MATCH({text(headings.setting_label(book.language, key))};{labels};0))"


def _given(expression: str) -> str:
    return f"IFERROR(LEN(TRIM({expression}))>0;{_NO})"


def _text(expression: str) -> str:
    return f'IFERROR({expression}&"";"")'


def _asked(book: Book) -> Mapping[str, tuple[str, str, str]]:
    """Return each step: key → (when it is done, what stands there now, where its link leads)."""
    email, name = _area(book, "clients", "email"), _area(book, "clients", "client")
    due, invoice = _area(book, "receivables", "due_on"), _area(book, "receivables", "id")
    fee, interest = (_setting(book, key) for key in ("late_fee", "monthly_interest"))
    until, mode = (_setting(book, key) for key in ("payments_until", "mode"))
    both = f"AND({_given(fee)};{_given(interest)})"
    plain = {
        key: (_given(_setting(book, key)), _text(_setting(book, key)), key)
        for key in ("company", "legal_name", "tax_id", "address")
    }
    reached = f'COUNTIF({email};"*@*")'
    return {
        **plain,
        "clients": (
            f"AND({reached}>0;{reached}>=COUNTA({name}))",
            f'{reached}&" / "&COUNTA({name})',
            "clients",
        ),
        "receivables": (
            f"AND(COUNTA({invoice})>0;COUNT({due})>0)",
            f"COUNTA({invoice})",
            "receivables",
        ),
        "rates": (both, f'IF({both};{fee}*100&"% + "&{interest}*100&"%";"")', "late_fee"),
        "payments_until": (
            f"IFERROR(AND(ISNUMBER({until});{until}>=TODAY()-7);{_NO})",
            f'IFERROR(IF(ISNUMBER({until});{until};"");"")',
            "payments_until",
        ),
        "mode": (_given(mode), _text(mode), "mode"),
    }


def _link(book: Book, target: str) -> str:
    if target in TABS:
        return f"#gid={book.ids[target]}"
    row = list(SETTINGS).index(target) + 2
    return f"#gid={book.ids['settings']}&range={letters(book.places['settings']['value'])}{row}"


def _steps(book: Book) -> Iterator[Json]:
    id_, texts = book.ids["start"], headings.locale(book.language)["start"]
    asked, titles = _asked(book), texts["step"]
    done, missing = text(texts["done"]), text(texts["missing"])
    last = _FIRST_STEP + len(asked)
    yield from _section(id_, _BAR, 1, 5, texts["steps"])
    ticks = f"$B${_FIRST_STEP + 1}:$B${last}"
    progress = f" / {len(asked)} {texts['progress']}"
    count = formula(f"=COUNTIF({ticks};{done})&{text(progress)}")
    count["userEnteredFormat"] = {"horizontalAlignment": "RIGHT"}
    yield put(id_, _BAR, 4, count, fields="userEnteredValue,userEnteredFormat.horizontalAlignment")
    for column, word in ((3, texts["now"]), (4, texts["why"])):
        yield _say(id_, _BAR + 1, column, word, size=9, ink=MUTED)
    for row, (key, (condition, now, target)) in enumerate(asked.items(), start=_FIRST_STEP):
        tick = formula(f"=IF({condition};{done};{missing})")
        tick["userEnteredFormat"] = {"textFormat": text_format(bold=True)}
        yield put(id_, row, 1, tick)
        yield _say(id_, row, 2, titles[key][0], link=_link(book, target))
        stands = formula(f"={now}")
        stands["userEnteredFormat"] = {
            "textFormat": text_format(),
            "horizontalAlignment": "LEFT",
        }
        if key == "payments_until":
            stands["userEnteredFormat"]["numberFormat"] = kind_shape(book.language, Kind.DATE)
        yield put(id_, row, 3, stands)
        yield _say(id_, row, 4, titles[key][1], size=10, ink=MUTED)
    yield from _colours(id_, last, ((done, GOOD), (missing, SOON)))


def _colours(id_: int, last: int, pairs: tuple[tuple[str, tuple[str, str]], ...]) -> Iterator[Json]:
    for index, (word, (fill, ink)) in enumerate(pairs):
        said = f"=$B{_FIRST_STEP + 1}={word}"
        look = {
            "backgroundColorStyle": colour(fill),
            "textFormat": {"foregroundColorStyle": colour(ink)},
        }
        when = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": said}]}
        rule = {
            "ranges": [grid(id_, (_FIRST_STEP, last), (1, 2))],
            "booleanRule": {"condition": when, "format": look},
        }
        yield {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _index(book: Book) -> Iterator[Json]:
    id_, words = book.ids["start"], headings.locale(book.language)
    yield from _section(id_, _BAR, 6, 8, words["start"]["tabs"])
    row = _BAR
    for group in Group:
        if group is Group.START:
            continue
        row += 1
        yield _say(id_, row, 6, words["groups"][group], size=10, bold=True, ink=TAB_COLOURS[group])
        for tab in TABS.values():
            if tab.group is group:
                row += 1
                title = headings.tab_title(book.language, tab.key)
                yield _say(id_, row, 6, title, link=_link(book, tab.key))
                yield _say(id_, row, 7, words["about"][tab.key], size=10, ink=MUTED)
