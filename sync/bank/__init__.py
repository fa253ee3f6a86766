"""Bank files: statements and return files as bytes → `Statement`s, and which invoices they pay."""
