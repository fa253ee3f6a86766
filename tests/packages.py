"""Small workbooks written by hand, in the different ways that programs write them."""

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Style 1 shows a day, 2 a moment, 3 a time of day, 4 two decimals, 5 text.
STYLES = f"""<?xml version="1.0" encoding="UTF-8"?>
<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164"
 formatCode="dd/mm/yyyy\\ hh:mm:ss"/></numFmts><fonts count="1"><font/></fonts>
<fills count="1"><fill><patternFill patternType="none"/></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>
<cellXfs count="6"><xf numFmtId="0" xfId="0"/><xf numFmtId="14" applyNumberFormat="1" xfId="0"/>
<xf numFmtId="164" xfId="0"/><xf numFmtId="20" xfId="0"/><xf numFmtId="4" xfId="0"/>
<xf numFmtId="49" xfId="0"><alignment wrapText="1"/></xf></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def sheet_xml(body: str, *, head: str = "", tail: str = "") -> str:
    """A sheet around the content of `sheetData`, as Excel writes it."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}" xmlns:x14ac="urn:x14ac">{head}'
        f"<sheetData>{body}</sheetData>{tail}</worksheet>"
    )


def workbook_xml(titles: list[str], *, properties: str = "", after: str = "") -> str:
    """A workbook part with these tabs."""
    sheets = "".join(
        f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>' for n, title in enumerate(titles, 1)
    )
    return (
        f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{properties}'
        f"<sheets>{sheets}</sheets>{after}</workbook>"
    )


def parts_of(
    sheets: Mapping[str, str | bytes],
    *,
    strings: str | None = None,
    properties: str = "",
    after: str = "",
    extra: Mapping[str, str | bytes] | None = None,
    more_relations: str = "",
    more_types: str = "",
) -> dict[str, bytes]:
    """All parts of a workbook with these sheets (title → XML)."""
    count = len(sheets)
    ids = range(1, count + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml"'
        f' ContentType="{SHEET_TYPE}.worksheet+xml"/>'
        for n in ids
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in ids
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHEET_TYPE}.sharedStrings+xml"/>'
        f"{types}{more_types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": workbook_xml(list(sheets), properties=properties, after=after),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId90" Type="{RELATIONS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId91" Type="{RELATIONS}/sharedStrings"'
        ' Target="/xl/sharedStrings.xml"/>'
        f"{more_relations}</Relationships>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}"/>',
        **{
            f"xl/worksheets/sheet{n}.xml": text
            for n, text in zip(ids, sheets.values(), strict=True)
        },
        **(extra or {}),
    }
    return {name: part.encode() if isinstance(part, str) else part for name, part in parts.items()}


def zipped(parts: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """The parts as a package; each with a date and attributes of its own, to be kept."""
    out = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method) as target:
        for number, (name, part) in enumerate(parts.items()):
            entry = zipfile.ZipInfo(name, (2020, 1, 1 + number % 28, 10, 20, 30))
            entry.compress_type = method
            entry.external_attr = (0o600 + number % 8) << 16
            target.writestr(entry, part)
    return out.getvalue()


def unzipped(package: bytes) -> dict[str, bytes]:
    """The parts of a package, all CRCs checked by zipfile."""
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        assert source.testzip() is None
        return {name: source.read(name) for name in source.namelist()}
