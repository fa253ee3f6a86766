"""A letter as plain text, written for people: what a chat message or a text-only reader gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailer.letter import check_values
from mailer.markup import Block, Listing
from mailer.pix import code_for
from mailer.placeholders import as_text, fill, fill_subject, require
from mailer.table import table_text
from mailer.words import clean, isolated, plain, words_of

if TYPE_CHECKING:
    from mailer.letter import LetterLink, LetterValues, Template
    from mailer.markup import Node
    from mailer.placeholders import ReadTemplate


def plain_letter(values: LetterValues, template: Template) -> tuple[str, str]:
    """Subject and body for a channel that knows text only; the footer is not part of it.

    Raises:
        LetterError: when the template has an error or the values do not agree.
        PixError: as `pix.code_for`.
    """
    check_values(values)
    taken = require(template, subject_needed=False)
    return fill_subject(taken, values), body_text(taken, values, code_for(values))


def body_text(taken: ReadTemplate, values: LetterValues, pix_code: str) -> str:
    """The template's body with its values; blocks without content vanish."""
    texts = {key: isolated(plain(text)) for key, text in fill(values).items()}
    parts = [_node(node, texts, values, pix_code) for node in taken.body]
    return "\n\n".join(part for part in parts if part)


def footer_text(values: LetterValues, unsubscribe: str) -> str:
    """Who writes (CDC art. 42-A), what to do when it is paid, and how to stop these letters."""
    words, creditor = words_of(values.language), values.creditor
    lines = [
        "-" * 20,  # not "-- ": programs hide what follows that, and the law wants it seen
        words("footer.paid"),
        "",
        f"{clean(creditor.legal_name)} - {words('footer.tax_id', tax_id=clean(creditor.tax_id))}",
        clean(creditor.address),
        words("footer.reference", reference=values.reference),
    ]
    if unsubscribe:
        lines.append(f"{words('footer.unsubscribe')}: {unsubscribe}")
    return "\n".join(lines)


def _node(node: Node, texts: dict[str, str], values: LetterValues, pix_code: str) -> str:
    if isinstance(node, Block):
        return _block(node.key, values, pix_code)
    if isinstance(node, Listing):
        marks = (f"{node.start + at}." if node.ordered else "-" for at in range(len(node.items)))
        items = (as_text(item, texts) for item in node.items)
        return "\n".join(f"{mark} {item}" for mark, item in zip(marks, items, strict=True))
    return as_text(node.inlines, texts)


def _block(key: str, values: LetterValues, pix_code: str) -> str:
    words = words_of(values.language)
    if key == "table":
        return table_text(values) if values.items else ""
    if key == "pix":
        return _pix(values, pix_code) if pix_code else ""
    links = values.offers if key == "offers" else values.answers
    return _links(words(f"{key}.title"), links) if links else ""


def _pix(values: LetterValues, code: str) -> str:
    words = words_of(values.language)
    amount = plain(words.money(values.total))
    return "\n".join(
        [
            f"{words('pix.title')}: {amount}",
            words("pix.valid_until", date=words.day(values.quote_valid_until)),
            f"{words('pix.receiver')}: {clean(values.creditor.legal_name)}",
            words("pix.copy_help"),
            "",
            code,
        ]
    )


def _links(title: str, links: tuple[LetterLink, ...]) -> str:
    return "\n".join([f"{title}:", *(f"- {clean(link.text)}: {link.href}" for link in links)])
