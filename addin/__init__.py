"""The Excel ribbon: buttons over the same engine. Not built yet; the command line does it."""
