"""Every foreseen failure as one sentence on the terminal and an exit code; nothing as a traceback.

What is not foreseen is a bug: its traceback is shown, and the exit code is 1.
"""

import argparse
import json
import sys
from collections.abc import Callable

from mailer.errors import MailError
from sync.cli import BUSY, DATA, NOT_WRITTEN, USAGE
from sync.intake.errors import IntakeError
from sync.ledger_file import LedgerError
from sync.locks import Busy
from sync.settings import SettingsError
from sync.words import words
from sync.workbook import NotWritable, RefusedFile

Command = Callable[[argparse.Namespace, str], int]


class UsageError(Exception):
    """The options contradict each other; `key` is a word of topic `cli`."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def guarded(command: Command, options: argparse.Namespace, language: str) -> int:
    """Carry a command out; foreseen errors become a sentence."""
    try:
        return command(options, language)
    except KeyboardInterrupt:
        return _fail(options, 130, "interrupted", words(language, "cli.interrupted"))
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        found = _sentence(error, language)
        if found is None:
            raise
        code, name, sentence = found
        return _fail(options, code, name, sentence)


def sentence_of(error: Exception, language: str) -> str | None:
    """The sentence of a foreseen error; None for what nobody foresaw."""
    found = _sentence(error, language)
    return found[2] if found else None


def _fail(options: argparse.Namespace, code: int, name: str, sentence: str) -> int:
    if getattr(options, "json", False):
        print(json.dumps({"error": name, "message": sentence}, ensure_ascii=False))  # noqa: T201
    print(sentence, file=sys.stderr)  # noqa: T201 - the terminal is what this module is for
    return code


# error class → exit code, topic of its `code` and `values`
_BY_CODE: tuple[tuple[type[Exception], int, str], ...] = (
    (SettingsError, USAGE, "settings"),
    (IntakeError, USAGE, "intake"),
    (RefusedFile, DATA, "store"),
    (NotWritable, NOT_WRITTEN, "store"),
    (LedgerError, NOT_WRITTEN, "ledger"),
)


def _sentence(error: Exception, language: str) -> tuple[int, str, str] | None:
    """The exit code, the code's name and the sentence; None for what nobody foresaw."""
    for kind, exit_code, topic in _BY_CODE:
        if isinstance(error, kind):
            code, values = error.code, error.values  # type: ignore[attr-defined] # all have both
            sentence = words(language, f"{topic}.{code}", **values)
            place = getattr(error, "place", None)  # several workbooks: say which one
            if place and place not in sentence:
                sentence = f"{place}: {sentence}"
            return (USAGE if code == "no_file" else exit_code), code, sentence
    match error:
        case UsageError():
            return USAGE, error.key, words(language, f"cli.{error.key}", **error.values)
        case Busy():
            return BUSY, error.code, words(language, "cli.busy", workbook=error.workbook)
        case MailError():
            return USAGE, error.code, words(language, "cli.mail_error", detail=str(error))
        case OSError():
            return NOT_WRITTEN, "os_error", words(language, "cli.os_error", detail=str(error))
    return None


def store_sentence(language: str, code: str, values: dict[str, str]) -> str:
    """The sentence of a store's error code."""
    return words(language, f"store.{code}", **values)
