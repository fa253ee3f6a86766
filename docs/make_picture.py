"""Make docs/workbook.<language>.png: three tabs of the demo's workbook as LibreOffice shows them.

    python docs/make_picture.py

Nothing is drawn by hand: the demo is run, its workbook is printed to PDF, and three pages are cut
out and set side by side. Needs LibreOffice (soffice), poppler (pdftotext, pdftoppm) and ImageMagick
(convert); with the font Carlito, which has Calibri's widths, it looks as it does in Excel.
"""  # noqa: INP001 - a script, not a part of a package

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DPI = 200
WIDTH, LEFT, GAP = 1320, 695, 20  # pixels: the whole, the dashboard in it, what lies between
HEADING = 2.2  # rows: how high the row of headings is
COLOURS = 112

_WORD = re.compile(
    r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>'
)
_LOCALE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>{language}</value></prop></item></oor:items>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Words by which the places on the pages are found, as each language writes them."""

    locale: str
    title: str  # the dashboard's
    below_charts: str  # a word of the first band that is left out
    first_column: str  # of receivables
    cut_before: str  # the first column of receivables that is left out
    status: str  # an engine column: on the page of receivables that is wanted
    approve: str  # a choice column: on the queue's page
    why: str  # the queue's last column


NAMES = {
    "pt-BR": Names(
        locale="pt-BR",
        title="Painel",
        below_charts="últimos",
        first_column="Título",
        cut_before="Multa",
        status="Situação",
        approve="Aprovar",
        why="Motivo",
    ),
    "en": Names(
        locale="en-US",
        title="Dashboard",
        below_charts="twelve",
        first_column="Invoice",
        cut_before="Late",
        status="Status",
        approve="Approve",
        why="Reason",
    ),
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a page and its box, in points from the top left."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


Box = tuple[float, float, float, float]  # left, top, right, bottom in points


def make(language: str) -> Path:
    """Run the demo in `language` and write its picture; the file."""
    names = NAMES[language]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pdf = _printed(work, language, names.locale)
        pages = _pages(pdf)
        dashboard = _without_margins(_cut(pdf, work / "dashboard.png", *_dashboard(pages, names)))
        queue = _without_margins(_cut(pdf, work / "queue.png", *_queue(pages, names)))
        size = _call("identify", "-format", "%w %h", dashboard).split()
        height = int(size[1]) / int(size[0]) * LEFT
        receivables = _receivables(pdf, work, pages, names, height / (WIDTH - LEFT - GAP))
        target = HERE / f"workbook.{language}.png"
        _set(work, dashboard, receivables, queue, target)
    return target


def _printed(work: Path, language: str, locale: str) -> Path:
    """The demo's workbook as a PDF."""
    demo = work / "demo"
    _call(
        sys.executable, HERE.parent / "run_sync.py", "demo", "--dir", demo, "--language", language
    )
    profile = work / "profile"
    (profile / "user").mkdir(parents=True)
    settings = profile / "user" / "registrymodifications.xcu"
    settings.write_text(_LOCALE.format(language=locale), encoding="utf-8")
    book = next(demo.glob("*.xlsx"))
    installation = f"-env:UserInstallation={profile.as_uri()}"
    _call("soffice", installation, "--headless", "--convert-to", "pdf", "--outdir", work, book)
    return work / f"{book.stem}.pdf"


def _pages(pdf: Path) -> list[list[Word]]:
    text = _call("pdftotext", "-bbox", pdf, "-")
    return [
        [
            Word(float(left), float(top), float(right), float(bottom), text)
            for left, top, right, bottom, text in _WORD.findall(page)
        ]
        for page in text.split("<page ")[1:]
    ]


def _page_with(pages: list[list[Word]], *texts: str) -> int:
    """The index of the first page that has all these words."""
    for index, words in enumerate(pages):
        if set(texts) <= {word.text for word in words}:
            return index
    raise SystemExit(f"no page has {texts}")


def _find(words: list[Word], text: str) -> Word:
    return min((word for word in words if word.text == text), key=lambda word: word.top)


def _dashboard(pages: list[list[Word]], names: Names) -> tuple[int, Box]:
    index = _page_with(pages, names.title, names.below_charts)
    words = [word for word in pages[index] if word.top > 30]
    end = _find(words, names.below_charts).top - 9
    title = _find(words, names.title)
    right = title.left + 560  # beyond the last tile; what is white goes
    return index, (title.left - 8, title.top - 6, right, end)


def _queue(pages: list[list[Word]], names: Names) -> tuple[int, Box]:
    index = _page_with(pages, names.approve, names.why)
    words = _above_footer(pages[index])
    head = _find(words, names.approve)
    left, right = min(word.left for word in words), max(word.right for word in words)
    return index, (left - 9, head.top - 12, right + 60, max(word.bottom for word in words) + 3)


def _above_footer(words: list[Word]) -> list[Word]:
    footer = max(word.top for word in words) - 2
    return [word for word in words if word.top < footer]


def _receivables(
    pdf: Path, work: Path, pages: list[list[Word]], names: Names, shape: float
) -> Path:
    """The headings and, as when somebody has scrolled down, the last rows below them.

    `shape` is the height over the width that they are to have.
    """
    index = _page_with(pages, names.first_column, names.status, names.cut_before)
    words = _above_footer(pages[index])
    head = _find(words, names.first_column)
    first = sorted(
        (w for w in words if abs(w.left - head.left) < 2 and w.top > head.bottom),
        key=lambda word: word.top,
    )
    pitch = (first[-1].top - first[0].top) / (len(first) - 1)
    end = [w.right for w in words if w.right < _find(words, names.cut_before).left - 1]
    left, right = head.left - 3.9, max(end) + 3
    above = first[0].bottom + 0.6 - pitch  # the line between the headings and the first row
    top = above - HEADING * pitch
    count = min(len(first), int((shape * (right - left) - (above - top)) / pitch) + 1)
    heading = _cut(pdf, work / "head.png", index, (left, top, right, above))
    bottom = first[-1].bottom + 0.6
    rows = _cut(pdf, work / "rows.png", index, (left, bottom - count * pitch, right, bottom))
    whole = work / "receivables.png"
    _call("convert", heading, rows, "-append", whole)
    return whole


def _cut(pdf: Path, target: Path, index: int, box: Box) -> Path:
    left, top, right, bottom = (round(points * DPI / 72) for points in box)
    area = ("-x", left, "-y", top, "-W", right - left, "-H", bottom - top)
    page = ("-f", index + 1, "-l", index + 1, "-singlefile")
    _call("pdftoppm", "-png", "-r", DPI, *page, *area, pdf, target.with_suffix(""))
    return target


def _without_margins(picture: Path) -> Path:
    """Cut off what is white around it and give it an even margin."""
    _call("convert", picture, "-trim", "+repage", "-bordercolor", "white", "-border", 16, picture)
    return picture


def _set(work: Path, dashboard: Path, receivables: Path, queue: Path, target: Path) -> None:
    """Dashboard and receivables side by side, the queue below; few colours, a small file."""
    right = WIDTH - LEFT - GAP
    border = ("-bordercolor", "#D1D5DB", "-border", "2")
    _call("convert", dashboard, "-resize", LEFT - 4, *border, work / "a.png")
    height = int(_call("identify", "-format", "%h", work / "a.png"))
    crop = ("-crop", f"{right - 4}x{height - 4}+0+0", "+repage", "-background", "white")
    extent = ("-extent", f"{right - 4}x{height - 4}")
    _call("convert", receivables, "-resize", right - 4, *crop, *extent, *border, work / "b.png")
    _call("convert", queue, "-resize", WIDTH - 4, *border, work / "c.png")
    gap = ("-size", f"{GAP}x{GAP}", "xc:white")
    top = ("(", work / "a.png", *gap, work / "b.png", "-background", "white", "+append", ")")
    fewer = (
        "-dither",
        "None",
        "-colors",
        str(COLOURS),
        "-strip",
        "-define",
        "png:compression-level=9",
    )
    _call("convert", *top, *gap, work / "c.png", "-append", *fewer, f"PNG8:{target}")


def _call(*command: object) -> str:
    done = subprocess.run(  # noqa: S603 - fixed programs, our own arguments
        [str(part) for part in command], check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout


if __name__ == "__main__":
    for each in NAMES:
        print(make(each))  # noqa: T201 - what a script is for
