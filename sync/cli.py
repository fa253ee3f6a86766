"""The command line: what may be typed, and the exit code that comes back.

    0 done   2 usage   3 the data has errors (check)   4 not written, postponed
    5 some messages failed or are uncertain   75 another run is at it

Heavy parts are imported by the command that needs them, so that `--help` is quick.
"""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sync.words import LANGUAGES, words

USAGE, DATA, NOT_WRITTEN, MESSAGES, BUSY = 2, 3, 4, 5, 75

# command → the module of sync.commands that carries it out
_MODULES = {
    "demo": "demo",
    "init": "create",
    "adopt": "create",
    "import": "create",
    "check": "daily",
    "plan": "daily",
    "run": "daily",
    "explain": "explain",
    "rehearse": "rehearse",
    "settle": "daily",
    "offer": "offers",
    "agree": "offers",
    "bank": "bank",
    "serve": "serve",
}


def terminal_language() -> str:
    """The language to speak on the terminal: REGUA_LANGUAGE, else the system's."""
    wanted = os.environ.get("REGUA_LANGUAGE") or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        "",
    )
    return "pt-BR" if wanted.lower().startswith("pt") else "en"


def parser(language: str) -> argparse.ArgumentParser:
    """The whole command line, its help in `language`."""
    return _Build(language).build()


class _Build:
    def __init__(self, language: str) -> None:
        self.language = language

    def text(self, name: str) -> str:
        return words(self.language, f"cli.{name}")

    def build(self) -> argparse.ArgumentParser:
        top = argparse.ArgumentParser(prog="regua", description=self.text("description"))
        commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
        for command in _MODULES:
            sub = commands.add_parser(
                command,
                help=self.text(f"commands.{command}"),
                description=self.text(f"commands.{command}"),
            )
            getattr(self, f"_{command}")(sub)
        return top

    def _common(self, sub: argparse.ArgumentParser) -> None:
        where = sub.add_mutually_exclusive_group()
        where.add_argument("--config", type=Path, metavar="FILE", help=self.text("config"))
        where.add_argument("--workbook", type=Path, metavar="FILE", help=self.text("workbook"))
        sub.add_argument("--outbox", type=Path, metavar="DIR", help=self.text("outbox"))
        sub.add_argument("--state", type=Path, metavar="DIR", help=self.text("state"))

    def _json(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--json", action="store_true", help=self.text("json"))

    def _date(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--date", type=_iso_date, metavar="D", help=self.text("date"))

    def _language(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--language", choices=LANGUAGES, help=self.text("language"))

    def _source(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("source", type=Path, metavar="SOURCE", help=self.text("source"))

    def _reading(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--sheet", metavar="NAME", help=self.text("sheet"))
        sub.add_argument(
            "--map",
            action="append",
            default=[],
            type=_pair,
            metavar="key=Heading",
            help=self.text("map"),
        )
        sub.add_argument("--dates", choices=("dmy", "mdy", "ymd"), help=self.text("dates"))
        sub.add_argument("--decimal", choices=(",", "."), help=self.text("decimal"))

    def _demo(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--dir", type=Path, metavar="DIR", help=self.text("dir"))
        self._language(sub)

    def _init(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("file", type=Path, metavar="FILE.xlsx", help=self.text("file"))
        self._language(sub)
        sub.add_argument("--sample", action="store_true", help=self.text("sample"))

    def _adopt(self, sub: argparse.ArgumentParser) -> None:
        self._source(sub)
        sub.add_argument("file", type=Path, metavar="FILE.xlsx", help=self.text("file"))
        self._reading(sub)
        self._language(sub)
        self._json(sub)

    def _import(self, sub: argparse.ArgumentParser) -> None:
        self._source(sub)
        self._reading(sub)
        self._common(sub)
        self._json(sub)

    def _check(self, sub: argparse.ArgumentParser) -> None:
        self._common(sub)
        self._date(sub)
        self._json(sub)

    def _plan(self, sub: argparse.ArgumentParser) -> None:
        self._check(sub)
        sub.add_argument("--html", type=Path, metavar="PAGE", help=self.text("html"))

    def _run(self, sub: argparse.ArgumentParser) -> None:
        self._check(sub)
        sub.add_argument("--moved", action="store_true", help=self.text("moved"))

    def _explain(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("invoice", metavar="INVOICE", help=self.text("invoice"))
        self._check(sub)

    def _rehearse(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--from",
            dest="start",
            type=_iso_date,
            required=True,
            metavar="D",
            help=self.text("start"),
        )
        sub.add_argument(
            "--to", dest="end", type=_iso_date, required=True, metavar="D", help=self.text("end")
        )
        self._common(sub)
        self._json(sub)
        sub.add_argument("--html", type=Path, metavar="PAGE", help=self.text("rehearse_html"))

    def _settle(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("reference", metavar="REFERENCE", help=self.text("reference"))
        sub.add_argument("verdict", choices=("sent", "resend"), help=self.text("verdict"))
        self._common(sub)

    def _offer(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("target", metavar="INVOICE|CLIENT", help=self.text("target"))
        self._check(sub)

    def _agree(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument("target", metavar="CLIENT", help=self.text("target"))
        sub.add_argument("--option", type=int, required=True, metavar="N", help=self.text("option"))
        channels = ("email", "whatsapp", "sms", "call")
        sub.add_argument("--channel", choices=channels, help=self.text("channel"))
        sub.add_argument("--by", metavar="NAME", help=self.text("by"))
        sub.add_argument("--yes", action="store_true", help=self.text("yes"))
        self._check(sub)

    def _bank(self, sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "files", type=Path, nargs="+", metavar="FILE", help=self.text("bank_files")
        )
        sub.add_argument(
            "--map",
            action="append",
            default=[],
            type=_pair,
            metavar="key=Heading",
            help=self.text("bank_map"),
        )
        self._common(sub)
        self._json(sub)

    def _serve(self, sub: argparse.ArgumentParser) -> None:
        self._common(sub)


def _iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            words(terminal_language(), "cli.bad_date", value=text)
        ) from None


def _pair(text: str) -> tuple[str, str]:
    key, equals, heading = text.partition("=")
    if not equals or not key.strip() or not heading.strip():
        raise argparse.ArgumentTypeError(words(terminal_language(), "cli.bad_map", value=text))
    return key.strip(), heading.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows consoles and pipes: never fail over an accent
            stream.reconfigure(encoding="utf-8", errors="replace")
    language = terminal_language()
    options = parser(language).parse_args(arguments)
    # A workbook of 100,000 rows is millions of small objects that live to the end of the command;
    # looking through them for cycles again and again takes a quarter of the time (docs/bench.md).
    gc.set_threshold(1_000_000, 100, 100)
    command = importlib.import_module(f"sync.commands.{_MODULES[options.command]}")
    guard = importlib.import_module("sync.commands.errors")
    code: int = guard.guarded(command.COMMANDS[options.command], options, language)
    return code
