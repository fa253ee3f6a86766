"""Read, decide, claim, send, record: the engine and its adapters."""
