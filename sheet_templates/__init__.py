"""The schema of the workbook, its headings in two languages, its builders; knows nothing of rules."""
