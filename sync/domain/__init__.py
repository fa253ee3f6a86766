"""The rules of collection: pure functions of facts and a date."""
