"""The workbook's schema, its headings in two languages, its builders; knows nothing of rules."""
