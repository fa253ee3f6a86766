"""What each command does: read options, call the engine, show the result."""
