"""The Pix of a letter in words: one code for all of it, or one for each instalment of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailer.pix import code_for, codes_for
from mailer.table import ROWS_SHOWN, label_of
from mailer.words import words_of

if TYPE_CHECKING:
    from mailer.letter import LetterValues
    from mailer.words import Words


@dataclass(frozen=True, kw_only=True)
class PixCode:
    """One text for "copia e cola"; `title` says what it pays, "" when it pays all."""

    title: str
    code: str


@dataclass(frozen=True, kw_only=True)
class PixBlock:
    """What the block says, in this order; empty parts are "". The picture is of the first code."""

    title: str
    valid_until: str
    note: str
    help: str
    codes: tuple[PixCode, ...]
    scan_help: str
    more: str


def pix_block(values: LetterValues) -> PixBlock | None:
    """The block of a letter, None when it has no Pix.

    Raises:
        PixError: a Pix amount is given and no code can be made of key, name or city.
    """
    words = words_of(values.language)
    code = code_for(values)
    if not code:
        return _of_a_plan(values, words)
    discounted = any(item.on_time is not None for item in values.covered)
    return PixBlock(
        title=f"{words('pix.title')}: {words.money(values.to_pay)}",
        valid_until=words("pix.valid_until", date=words.day(values.quote_valid_until)),
        note=words("pix.on_time") if discounted else "",
        help=words("pix.copy_help"),
        codes=(PixCode(title="", code=code),),
        scan_help=words("pix.scan_help"),
        more="",
    )


def _of_a_plan(values: LetterValues, words: Words) -> PixBlock | None:
    paired = codes_for(values)
    if not paired:
        return None
    codes = tuple(
        PixCode(
            title=words(
                "pix.plan_part",
                item=label_of(item, words),
                amount=words.money(item.to_pay),
                date=words.day(item.due_on),
            ),
            code=code,
        )
        for item, code in paired[:ROWS_SHOWN]
    )
    hidden = len(values.covered) - len(codes)
    return PixBlock(
        title=words("pix.plan_title"),
        valid_until="",
        note="",
        help=words("pix.plan_help"),
        codes=codes,
        scan_help=words("pix.plan_scan_help", item=label_of(paired[0][0], words)),
        more=words.count("pix.plan_more", hidden) if hidden > 0 else "",
    )
