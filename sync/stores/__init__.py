"""The places where a workbook can live."""
