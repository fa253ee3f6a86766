"""A letter as HTML: our layout (Jinja2, autoescape), with its styles moved into the elements.

Mail programs ignore style sheets more or less, hence css-inline; the media queries (dark mode,
wide screens) stay in a style element for those that read them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from mailer.choices import offers_block, ready_answers
from mailer.placeholders import fill, split_at_signature
from mailer.table import table_of
from mailer.words import clean, words_of

if TYPE_CHECKING:
    from mailer.letter import Creditor, LetterValues
    from mailer.markup import Node
    from mailer.pix_block import PixBlock


def html_letter(
    body: tuple[Node, ...],
    values: LetterValues,
    *,
    subject: str,
    pix: PixBlock | None,
    pix_cid: str,
    unsubscribe: str,
    reply_to: str,
) -> str:
    """The whole HTML document.

    Args:
        body: the template's nodes.
        values: what fills them.
        subject: already filled in; the document's title.
        pix: the Pix block, or None.
        pix_cid: the Content-ID of the QR picture, without brackets.
        unsubscribe: a mailto link, or "".
        reply_to: the address that the ready answers go to.
    """
    words = words_of(values.language)
    said, signature = split_at_signature(body)
    html = layout("letter.html").render(
        body=said,
        signature=signature,
        values=fill(values),
        table=table_of(values),
        words=words,
        language=values.language,
        creditor=_identity(values.creditor),
        subject=subject,
        pix=pix,
        pix_cid=pix_cid,
        offers=offers_block(values, reply_to),
        answers=ready_answers(values, reply_to),
        is_courtesy=values.is_courtesy,
        points=words.count("points.have", values.points) if values.points > 0 else "",
        reference=values.code or values.reference,
        unsubscribe=unsubscribe,
    )
    # Added after inlining, which would drop it; the title cannot hold a tag, being escaped.
    return _inliner().inline(html).replace("</head>", _media_queries() + "</head>", 1)


@cache
def layout(name: str) -> Template:
    """A template of our own from `layout/`; never anything from a sheet."""
    environment = Environment(
        loader=PackageLoader("mailer", "layout"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _media_queries() -> str:
    text = files("mailer").joinpath("layout", "media.css").read_text(encoding="utf-8")
    return f"<style>\n{text}</style>\n"


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _identity(creditor: Creditor) -> dict[str, str]:
    return {
        "legal_name": clean(creditor.legal_name),
        "tax_id": clean(creditor.tax_id),
        "address": clean(creditor.address),
    }
