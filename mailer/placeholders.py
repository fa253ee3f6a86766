"""What a letter's text may name, and what is wrong with a text.

The list is fixed (SCHEMA, "Placeholders in letters"); both languages' names work in either.
Substitution is plain and happens once: a value is never read again, so a client called
`{total}` or `**x**` is printed as that. No template language ever sees text from the sheet.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mailer.errors import MalformedTemplate, UnknownPlaceholder
from mailer.letter import Problem
from mailer.markup import Block, Inline, Node, Paragraph, Span, Value, read_body, read_line
from mailer.table import label_of
from mailer.words import clean, folded, plain, threatening_words, words_of

if TYPE_CHECKING:
    from mailer.letter import LetterValues, Template

NAMES = {
    "cliente": "client",
    "contato": "contact",
    "empresa": "company",
    "total": "total",
    "vencido": "overdue",
    "dias_atraso": "days_past_due",
    "vencimento": "due_date",
    "titulos": "invoices",
    "assinatura": "signature",
}
"""Portuguese name → English name; each works in letters of either language."""

BLOCKS = {"tabela": "table", "pix": "pix", "ofertas": "offers", "respostas": "answers"}
"""Likewise for those that must stand alone on their line."""

SUBJECT_LIMIT = 200
"""Characters of a subject, before and after filling in; longer ones are cut by every client."""

BODY_LIMIT = 20_000
"""Characters of a body; a cell holds 32,767, a letter that long is a mistake."""

_LISTED_IN_BODY, _LISTED_IN_SUBJECT = 20, 3


@dataclass(frozen=True)
class ReadTemplate:
    """A template taken apart; the nodes hold placeholders by their English key."""

    subject: tuple[Inline, ...]
    body: tuple[Node, ...]
    problems: tuple[Problem, ...]


def check(template: Template) -> list[Problem]:
    """All that is wrong with a template, errors and warnings, each named once."""
    return list(dict.fromkeys(read(template).problems))


@lru_cache(maxsize=256)
def read(template: Template) -> ReadTemplate:
    """The template taken apart, with its problems. Never raises."""
    problems: list[Problem] = []
    subject, body = template.subject, template.body
    if not subject.strip():
        problems.append(Problem(code="empty_subject"))
    if not body.strip():
        problems.append(Problem(code="empty_body"))
    if len(subject) > SUBJECT_LIMIT:
        problems.append(Problem(code="subject_too_long", detail=str(len(subject))))
    if len(body) > BODY_LIMIT:
        problems.append(Problem(code="body_too_long", detail=str(len(body))))
    if len(subject) > SUBJECT_LIMIT or len(body) > BODY_LIMIT:
        return ReadTemplate((), (), tuple(problems))
    problems.extend(_unsafe(subject, body))
    line, in_subject = read_line(subject, _named)
    nodes, in_body = read_body(body, _named)
    problems.extend([*in_subject, *in_body, *_threats(f"{subject}\n{body}")])
    return ReadTemplate(line, nodes, tuple(problems))


def require(template: Template, *, subject_needed: bool = True) -> ReadTemplate:
    """The template taken apart; a chat or a call needs no subject.

    Raises:
        UnknownPlaceholder: for a `{name}` that is not in the list.
        MalformedTemplate: for any other error; warnings pass.
    """
    taken = read(template)
    for problem in taken.problems:
        if problem.code == "unknown_placeholder":
            near = f"; did you mean {{{problem.suggestion}}}?" if problem.suggestion else "."
            raise UnknownPlaceholder(f"{{{problem.detail}}} is not a placeholder{near}")
        if problem.code == "empty_subject" and not subject_needed:
            continue
        if problem.severity == "error":
            about = f": {problem.detail!r}" if problem.detail else ""
            raise MalformedTemplate(
                f"The letter has {problem.code.replace('_', ' ')}{about}.", problem.code
            )
    return taken


def fill(values: LetterValues) -> dict[str, str]:
    """English key → the text of this letter, on one line each, for bodies."""
    words = words_of(values.language)
    return {
        "client": clean(values.client),
        "contact": clean(values.contact) or clean(values.client),
        "company": clean(values.creditor.company),
        "total": words.money(values.total),
        "overdue": words.money(values.overdue_total),
        "days_past_due": str(values.days_past_due),
        "due_date": words.day(values.due_on),
        "invoices": _listed(values, _LISTED_IN_BODY),
        "signature": clean(values.creditor.signature) or clean(values.creditor.company),
    }


def fill_subject(taken: ReadTemplate, values: LetterValues) -> str:
    """The subject with its values, cut to the limit."""
    texts = {**fill(values), "invoices": _listed(values, _LISTED_IN_SUBJECT)}
    return clean(plain(as_text(taken.subject, texts)), SUBJECT_LIMIT)


def split_at_signature(body: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """What comes before the paragraph that signs the letter, and that paragraph when it is last."""
    last = body[-1] if body else None
    signed = isinstance(last, Paragraph) and Value("signature") in last.inlines
    return (body[:-1], body[-1:]) if signed else (body, ())


def as_text(inlines: tuple[Inline, ...], texts: dict[str, str]) -> str:
    """Inlines as plain text; a link shows where it leads."""
    parts: list[str] = []
    for node in inlines:
        if isinstance(node, Value):
            parts.append(texts[node.key])
        elif isinstance(node, Span):
            inner = as_text(node.children, texts)
            parts.append(_link_text(inner, node.href) if node.kind == "link" else inner)
        else:
            parts.append("\n" if node.kind == "break" else node.text)
    return "".join(parts)


def _link_text(label: str, href: str) -> str:
    target = href.removeprefix("mailto:")
    return target if label.strip() in {"", href, target} else f"{label} ({target})"


def _listed(values: LetterValues, limit: int) -> str:
    words = words_of(values.language)
    ids = [label_of(item, words) for item in values.covered or values.items]
    shown = ", ".join(ids[:limit])
    hidden = len(ids) - limit
    return words("list.more", shown=shown, count=hidden) if hidden > 0 else shown


_ALL: dict[str, Value | Block] = {
    **{name: Value(key) for name, key in NAMES.items()},
    **{key: Value(key) for key in NAMES.values()},
    **{name: Block(key) for name, key in BLOCKS.items()},
    **{key: Block(key) for key in BLOCKS.values()},
}


@lru_cache(maxsize=1024)
def _named(name: str) -> Value | Block | Problem:
    known = _ALL.get(name)
    if known is not None:
        return known
    near = difflib.get_close_matches(folded(name).strip(), _ALL, n=1, cutoff=0.6)
    return Problem(code="unknown_placeholder", detail=name, suggestion=near[0] if near else "")


def _unsafe(subject: str, body: str) -> list[Problem]:
    problems = []
    if re.search(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", subject):
        problems.append(Problem(code="line_break_in_subject", detail=subject[:80]))
    strange = [
        mark
        for mark in subject + body
        if unicodedata.category(mark) in {"Cc", "Cs"} and mark not in "\r\n\t"
    ]
    if strange:
        problems.append(Problem(code="control_character", detail=f"U+{ord(strange[0]):04X}"))
    return problems


@cache
def _threat_pattern() -> re.Pattern[str]:
    phrases = sorted(threatening_words(), key=len, reverse=True)
    bodies = (
        re.escape(phrase.rstrip("*")) + (r"\w*" if phrase.endswith("*") else "")
        for phrase in phrases
    )
    return re.compile(r"\b(?:" + "|".join(bodies) + r")\b")


def _threats(text: str) -> list[Problem]:
    return [
        Problem(code="threatening_words", detail=match[0], severity="warning")
        for match in _threat_pattern().finditer(" ".join(folded(text).split()))
    ]
