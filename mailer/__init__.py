"""Letters out; knows nothing of ledgers or sheets."""
