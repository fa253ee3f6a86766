"""A workbook that a team has lived in: their parts, columns, order, formulas, formats and notes."""

from tests.packages import sheet_xml

FEATURES: dict[str, bytes] = {
    "xl/media/image1.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "xl/drawings/drawing1.xml": b"<xdr:wsDr xmlns:xdr='urn:x'><xdr:sp>forma</xdr:sp></xdr:wsDr>",
    "xl/drawings/vmlDrawing1.vml": b"<xml xmlns:v='urn:v'><v:shape id='_x0000_s1025'/></xml>",
    "xl/comments1.xml": b"<comments xmlns='urn:c'><commentList/></comments>",
    "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments xmlns='urn:t'/>",
    "xl/persons/person.xml": b"<personList xmlns='urn:p'/>",
    "xl/pivotTables/pivotTable1.xml": b"<pivotTableDefinition xmlns='urn:pt' name='P'/>",
    "xl/pivotCache/pivotCacheDefinition1.xml": b"<pivotCacheDefinition xmlns='urn:pc'/>",
    "xl/pivotCache/pivotCacheRecords1.xml": b"<pivotCacheRecords xmlns='urn:pr'/>",
    "xl/charts/chart1.xml": b"<c:chartSpace xmlns:c='urn:ch'/>",
    "xl/ctrlProps/ctrlProp1.xml": b"<formControlPr xmlns='urn:f' objectType='CheckBox'/>",
    "xl/printerSettings/printerSettings1.bin": bytes(range(200)),
    "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(500),
    "xl/theme/theme1.xml": b"<a:theme xmlns:a='urn:a'/>",
    "xl/metadata.xml": b"<metadata xmlns='urn:m'/>",
    "xl/externalLinks/externalLink1.xml": b"<externalLink xmlns='urn:e'/>",
    "customXml/item1.xml": b"<deles>\xc3\xa7</deles>",
    "docProps/custom.xml": b"<Properties xmlns='urn:d'/>",
}

# Reordered, with columns of their own, formulas over ours, formats, rich text, sparklines.
LIVED_IN = sheet_xml(
    '<row r="1" spans="1:9" ht="30" customHeight="1" x14ac:dyDescent="0.3">'
    + "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip(
            "ABCDEFGHI",
            ["Saldo", "Vendedor", "Título", "Situação", "Cliente", "Em dobro", "Vencimento",
             "Valor",
             "Comissão"],
            strict=True,
        )
    )
    + "</row>"
    '<row r="2" spans="1:9"><c r="A2" s="4"/><c r="B2" t="s"><v>0</v></c>'
    '<c r="C2" t="s"><v>1</v></c>'
    '<c r="D2" s="5" t="inlineStr"><is><r><rPr><b/></rPr><t>feito à mão</t></r></is></c>'
    '<c r="E2" t="s"><v>2</v></c><c r="F2"><f>A2*2</f><v>0</v></c><c r="G2" s="1"><v>46000</v></c>'
    '<c r="H2" s="4"><v>100.5</v></c>'
    '<c r="I2"><f t="shared" ref="I2:I3" si="0">H2*0.1</f><v>10.05</v></c>'
    "</row>"
    '<row r="3"><c r="B3" t="s"><v>0</v></c><c r="C3"><v>1002</v></c><c r="E3" t="s"><v>2</v></c>'
    '<c r="G3" s="1"><v>46010</v></c><c r="H3"><v>7</v></c>'
    '<c r="I3"><f t="shared" si="0"/><v>0.7</v></c></row>'
    '<row r="4" s="5" customFormat="1"><c r="B4" s="5"/></row>',
    head='<sheetPr><tabColor rgb="FF00B050"/></sheetPr><dimension ref="A1:I4"/><sheetViews>'
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView>'
    '</sheetViews><cols><col min="2" max="2" width="33.1" customWidth="1"/></cols>',
    tail='<conditionalFormatting sqref="A2:A900"><cfRule type="dataBar" priority="1"><dataBar>'
    '<cfvo type="min"/><cfvo type="max"/><color rgb="FF638EC6"/></dataBar></cfRule>'
    '</conditionalFormatting><drawing r:id="rId1"/><legacyDrawing r:id="rId2"/>'
    '<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice Requires="x14"><controls/></mc:Choice>'
    "</mc:AlternateContent><extLst><ext uri=\"{05C60535-1F16-4fd2-B633-F4F36F0B64E0}\" "
    'xmlns:x14="urn:x14"><x14:sparklineGroups><x14:sparklineGroup/>'
    "</x14:sparklineGroups></ext></extLst>",
)  # fmt: skip
