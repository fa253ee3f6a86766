"""A team's own list, or an export of another system, as rows of the standard workbook."""
