"""Spreadsheet packages (ECMA-376, ISO 29500): read safely, patched surgically, never rebuilt."""
