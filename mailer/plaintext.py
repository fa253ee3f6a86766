"""A letter as plain text, written for people: what a chat message or a text-only reader gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailer.choices import answers_text, offers_text
from mailer.letter import check_values
from mailer.markup import Block, Listing
from mailer.pix_block import pix_block
from mailer.placeholders import as_text, fill, fill_subject, require, split_at_signature
from mailer.table import table_text
from mailer.words import clean, isolated, plain, words_of

if TYPE_CHECKING:
    from mailer.letter import LetterValues, Template
    from mailer.markup import Node
    from mailer.pix_block import PixBlock
    from mailer.placeholders import ReadTemplate


def plain_letter(values: LetterValues, template: Template) -> tuple[str, str]:
    """Subject and body for a channel that knows text only; the footer is not part of it.

    Raises:
        LetterError: when the template has an error or the values do not agree.
        PixError: as `pix.code_for`.
    """
    check_values(values)
    taken = require(template, subject_needed=False)
    return fill_subject(taken, values), body_text(taken, values, pix_block(values))


def body_text(taken: ReadTemplate, values: LetterValues, pix: PixBlock | None) -> str:
    """The template's body with its values; blocks without content vanish."""
    texts = {key: isolated(plain(text)) for key, text in fill(values).items()}
    said, signature = split_at_signature(taken.body)
    parts = [_node(node, texts, values, pix) for node in said]
    if values.points > 0:
        parts.append(words_of(values.language).count("points.have", values.points))
    parts += [_node(node, texts, values, pix) for node in signature]
    return "\n\n".join(part for part in parts if part)


def footer_text(values: LetterValues, unsubscribe: str) -> str:
    """Who writes (CDC art. 42-A), what to do when it is paid, and how to stop these letters."""
    words, creditor = words_of(values.language), values.creditor
    lines = [
        "-" * 20,  # not "-- ": programs hide what follows that, and the law wants it seen
        *(() if values.is_courtesy else (words("footer.paid"), "")),
        f"{clean(creditor.legal_name)} - {words('footer.tax_id', tax_id=clean(creditor.tax_id))}",
        clean(creditor.address),
        words("footer.reference", reference=values.code or values.reference),
    ]
    if unsubscribe:
        lines.append(f"{words('footer.unsubscribe')}: {unsubscribe}")
    return "\n".join(lines)


def _node(node: Node, texts: dict[str, str], values: LetterValues, pix: PixBlock | None) -> str:
    if isinstance(node, Block):
        return _block(node.key, values, pix)
    if isinstance(node, Listing):
        marks = (f"{node.start + at}." if node.ordered else "-" for at in range(len(node.items)))
        items = (as_text(item, texts) for item in node.items)
        return "\n".join(f"{mark} {item}" for mark, item in zip(marks, items, strict=True))
    return as_text(node.inlines, texts)


def _block(key: str, values: LetterValues, pix: PixBlock | None) -> str:
    if key == "table":
        return table_text(values) if values.items else ""
    if key == "pix":
        return _pix(pix, values) if pix else ""
    return offers_text(values) if key == "offers" else answers_text(values)


def _pix(pix: PixBlock, values: LetterValues) -> str:
    receiver = words_of(values.language)("pix.receiver")
    name = clean(values.creditor.legal_name)
    lines = [pix.title, pix.valid_until, pix.note, f"{receiver}: {name}", pix.help]
    for code in pix.codes:
        lines += ["", *([f"{code.title}:"] if code.title else []), code.code]
    lines += ["", pix.more] if pix.more else []
    # A blank line stands only where a code or the last line begins.
    said = [line for at, line in enumerate(lines) if line or at >= 5]
    return plain("\n".join(said))
