"""Messages out into a folder: one .eml file each, and a page to look at them.

For trying things out, for the demo and for people who send by hand. A message has one file name, so
that delivering it twice leaves one file.
"""

from __future__ import annotations

import os
import re
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mailer.compose import restore
from mailer.errors import ConfigurationError, LetterError
from mailer.outcome import Accepted, Outcome, Refused
from mailer.preview import page
from mailer.words import folded, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from mailer.letter import Language, OutgoingMessage

INDEX = "index.html"
PREVIEWED = 200
"""The newest messages that the page shows whole; older ones are links to their files."""


class FolderTransport:
    """Writes each message to `directory`; leaving the context writes the page."""

    def __init__(self, directory: Path | str, *, language: Language = "pt-BR") -> None:
        """Keep the settings; the folder is made when it is first needed.

        Args:
            directory: where the files go.
            language: of the page.
        """
        self._directory = Path(directory)
        self._language: Language = language
        self._names: dict[str, str] | None = None

    def __enter__(self) -> Self:
        """Nothing is opened before the first message."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the page, if a message was delivered."""
        if self._names:
            self.write_index()

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        """Write one message; see `outcome.Transport`.

        Raises:
            ConfigurationError: the folder cannot be made or written.
        """
        names = self._known()
        mark = sha256(message.message_id.encode()).hexdigest()[:12]
        name = names.get(mark) or _file_name(message, mark)
        target = self._directory / name
        if mark in names and target.is_file() and target.read_bytes() != message.raw:
            reason = f"{name} holds another message under the same Message-ID."
            return Refused(permanent=True, code=0, reason=reason, stage="folder")
        on_commit()
        try:
            _write_atomically(target, message.raw)
        except OSError as error:
            # The file has its name only when it is whole, so nothing left.
            return Refused(permanent=False, code=0, reason=str(error), stage="folder")
        names[mark] = name
        return Accepted(server_reply=name)

    def write_index(self) -> Path:
        """The page over all .eml files of the folder, newest first; gives its path."""
        files = sorted(self._directory.glob("*.eml"), reverse=True)
        messages: list[OutgoingMessage] = []
        names: list[str] = []
        older: list[str] = []
        for file in files:
            if len(messages) >= PREVIEWED:
                older.append(file.name)
                continue
            try:
                messages.append(restore(file.read_bytes()))
                names.append(file.name)
            except LetterError:
                older.append(file.name)
        text = page(
            messages,
            language=self._language,
            title=words_of(self._language)("preview.folder"),
            files=tuple(names),
            older=tuple(older),
        )
        target = self._directory / INDEX
        _write_atomically(target, text.encode())
        return target

    def _known(self) -> dict[str, str]:
        """Message mark → file name, read once from the folder."""
        if self._names is None:
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                files = list(self._directory.glob("*.eml"))
            except OSError as error:
                raise ConfigurationError(
                    f"Messages cannot be written to {self._directory}: {error.strerror}"
                ) from error
            self._names = {file.stem.rpartition("-")[2]: file.name for file in files}
        return self._names


def _file_name(message: OutgoingMessage, mark: str) -> str:
    """`2026-03-27-padaria-aurora-1f0c9a….eml`, safe on every file system."""
    parsed = message_from_bytes(message.raw, policy=policy.compat32)
    day = parsedate_to_datetime(str(parsed["Date"])).date().isoformat()
    whom = message.client or message.to[0]
    slug = re.sub(r"[^a-z0-9]+", "-", folded(whom)[:200]).strip("-")[:40].strip("-")
    return f"{day}-{slug or 'cliente'}-{mark}.eml"


def _write_atomically(target: Path, data: bytes) -> None:
    """Whole or not at all, also after a power loss: temporary file, fsync, rename, fsync of both.

    The temporary file has one name per target, so that what a kill leaves behind is used up by the
    next attempt.
    """
    temporary = target.with_name(f".{target.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a folder, and renames durably by itself
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
