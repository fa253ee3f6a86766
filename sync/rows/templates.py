"""The templates tab: the letters, each checked before anybody could receive it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailer import placeholders
from mailer.letter import Problem, Template
from sync.domain.facts import Channel, Client, Step, TemplateText
from sync.issues import KINDS
from sync.key_text import folded_name
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_language
from sync.workbook import Tab


@dataclass(slots=True)
class Letters:
    """The texts by (name, language), and what was found wrong with each."""

    texts: dict[tuple[str, str], TemplateText] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)


def read_templates(tab: Tab | None, findings: Findings) -> Letters:
    """The letters. A faulty one is kept with its fault, so that no ladder that uses it goes on."""
    letters = Letters()
    for reader in read_rows(tab, findings):
        name = reader.text("template", needed=True)
        language = _language(reader)
        body = reader.text("body", needed=True)
        subject = reader.text("subject") or ""
        if name is None or language is None:
            continue
        key = (letters.names.setdefault(folded_name(name), name), language)
        if key in letters.rows:
            reader.report("duplicate_template", "template", other_row=letters.rows[key])
            letters.faults.setdefault(key, "duplicate_template")
            continue
        letters.rows[key] = reader.row.number
        if reader.fault:
            letters.faults[key] = reader.fault
        letters.texts[key] = TemplateText(subject=subject, body=body or "")
        for problem in placeholders.check(Template(subject=subject, body=body or "")):
            code = _report(reader, problem)
            if code:
                letters.faults.setdefault(key, code)
    return letters


def _language(reader: RowReader) -> str | None:
    read = read_language(reader.cell("language"))
    if read.value is None and read.code is None:
        reader.report("missing_value", "language")
    return reader.take("language", read, allowed="pt-BR, en")


_SILENT = frozenset({"empty_subject", "empty_body"})  # told with the step, and as a missing value
_IN_SUBJECT = frozenset({"line_break_in_subject", "block_in_subject", "subject_too_long"})


def _report(reader: RowReader, problem: Problem) -> str | None:
    """Report what the mailer says of a letter; the code when the letter must not be used."""
    if problem.code in _SILENT:
        return None
    code = problem.code
    details: dict[str, Any] = {"detail": problem.detail or problem.code}
    if code == "unknown_placeholder":
        details = {"placeholder": problem.detail, "suggestion": problem.suggestion or "total"}
    elif code not in KINDS:
        code = "letter_problem" if problem.severity == "error" else "threatening_words"
    kept = {name: text for name, text in details.items() if name in KINDS[code].details}
    reader.report(code, "subject" if problem.code in _IN_SUBJECT else "body", **kept)
    return code if problem.severity == "error" else None


def check_letters(
    letters: Letters,
    ladders: Mapping[str, tuple[Step, ...]],
    step_rows: Mapping[tuple[str, str], int],
    clients: Mapping[str, Client],
    findings: Findings,
) -> None:
    """Each active step has a letter for each language in use, or in the workbook's own.

    A step without any, or whose letter is faulty, holds the clients of its ladder.
    """
    languages = {client.language or findings.language for client in clients.values()}
    languages.add(findings.language)
    for policy, steps in ladders.items():
        for step in steps:
            if step.active and step.template:
                for language in sorted(languages):
                    _check_step(letters, policy, step, language, step_rows, findings)


def _tell_missing(step: Step, language: str, row: int | None, findings: Findings) -> None:
    findings.report(
        "missing_template",
        "policy",
        row=row,
        column="template",
        cell=step.template,
        policy=step.policy,
        step=step.name,
        language=language,
    )
    findings.held_policies.setdefault(step.policy, "missing_template")


def _check_step(
    letters: Letters,
    policy: str,
    step: Step,
    language: str,
    step_rows: Mapping[tuple[str, str], int],
    findings: Findings,
) -> None:
    key = (step.template or "", language)
    row = step_rows.get((policy, step.name))
    if key not in letters.texts:
        key = (step.template or "", findings.language)
        if key not in letters.texts:
            _tell_missing(step, language, row, findings)
            return
        if findings.once("template_in_other_language", "templates", language, key[0]):
            findings.report(
                "template_in_other_language",
                "policy",
                row=row,
                column="template",
                cell=step.template,
                template=key[0],
                language=language,
                used=key[1],
            )
    if key in letters.faults:
        findings.held_policies.setdefault(policy, letters.faults[key])
    elif step.channel is Channel.EMAIL and not letters.texts[key].subject:
        if findings.once("empty_subject", "templates", key[1], key[0]):
            findings.report("empty_subject", "templates", row=letters.rows[key], column="subject")
        findings.held_policies.setdefault(policy, "empty_subject")
