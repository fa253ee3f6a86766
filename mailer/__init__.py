"""Letters out, answers in; knows nothing of ledgers or sheets."""
