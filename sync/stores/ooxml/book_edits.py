"""What changes in the workbook part when its sheets are patched."""

import re

from sync.stores.ooxml import xml
from sync.stores.ooxml.book import Book
from sync.stores.ooxml.frame_edits import Growth

# What follows `calcPr` in a workbook (ECMA-376 part 1, 18.2.27).
_AFTER_CALC = {
    "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes",
    "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
}  # fmt: skip
_AFTER_NAMES = _AFTER_CALC | {"calcPr"}
_FILTER = "_xlnm._FilterDatabase"


class BookEdits:
    """Collects replacements in the workbook part."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._edits: list[tuple[int, int, bytes]] = []

    def define(self, name: str, text: str) -> None:
        """Add a hidden name of the whole workbook for a text.

        To be called before `calculate_on_load`, whose element stands behind the names.
        """
        root = self.book.root
        prefix = root.name.rpartition("workbook")[0]
        quoted = xml.escaped(text.replace('"', '""'))
        new = f'<{prefix}definedName name="{name}" hidden="1">"{quoted}"</{prefix}definedName>'
        names = root.child("definedNames")
        if names is None:
            at = [e for e in root.children if xml.local(e.name) not in _AFTER_NAMES][-1].end
            whole = f"<{prefix}definedNames>{new}</{prefix}definedNames>"
            self._edits.append((at, at, whole.encode()))
        elif names.children:
            at = names.children[-1].end
            self._edits.append((at, at, new.encode()))
        else:
            whole = f"<{prefix}definedNames>{new}</{prefix}definedNames>"
            self._edits.append((names.start, names.end, whole.encode()))

    def calculate_on_load(self) -> None:
        """Ask for a full calculation when the workbook is opened.

        Formulas of the team's over our cells, and our charts, are then true at the first look.
        """
        data, root = self.book.data, self.book.root
        calc = root.child("calcPr")
        if calc is None:
            at = [e for e in root.children if xml.local(e.name) not in _AFTER_CALC][-1].end
            prefix = root.name.rpartition("workbook")[0]
            self._edits.append((at, at, f'<{prefix}calcPr fullCalcOnLoad="1"/>'.encode()))
        elif calc.attributes.get("fullCalcOnLoad") not in {"1", "true"}:
            tag = xml.start_tag(data, calc.start)
            kept = re.sub(rb"""\sfullCalcOnLoad\s*=\s*(?:"[^"]*"|'[^']*')""", b"", tag[2])
            new = b"<" + tag[1] + kept + b' fullCalcOnLoad="1"' + tag[3] + b">"
            self._edits.append((calc.start, tag.end(), new))

    def stretch_filter(self, sheet_index: int, growth: Growth) -> None:
        """Let the hidden name of a sheet's filter end where the filter now ends."""
        names = self.book.root.child("definedNames")
        for name in names.children if names else []:
            attributes = name.attributes
            same_sheet = attributes.get("localSheetId") == str(sheet_index)
            if attributes.get("name") != _FILTER or not same_sheet:
                continue
            start = xml.start_tag(self.book.data, name.start).end()
            end = self.book.data.rindex(b"</", start, name.end)
            title, mark, reference = self.book.data[start:end].decode().rpartition("!")
            stretched = growth.stretched(reference.replace("$", ""))
            absolute = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", stretched)
            if absolute != reference:
                self._edits.append((start, end, f"{title}{mark}{absolute}".encode()))

    def patched(self) -> bytes | None:
        """The part with all edits; None when there are none."""
        if not self._edits:
            return None
        pieces: list[bytes] = []
        at = 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2]):
            pieces += (self.book.data[at:start], new)
            at = end
        data = b"".join((*pieces, self.book.data[at:]))
        encoding = self.book.encoding
        return data if encoding == "utf-8" else data.decode().encode(encoding)
