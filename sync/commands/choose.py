"""Which workbook a command is about, and with which settings."""

import argparse
from pathlib import Path

from sync import settings as configuration
from sync.settings import Settings
from sync.wiring import with_outbox

DEFAULT_CONFIG = Path("regua.toml")


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that --config or --workbook name, with --outbox and --state put in."""
    if options.workbook is not None:
        return configuration.for_workbook(
            options.workbook, outbox=options.outbox, state=options.state
        )
    loaded = configuration.load(options.config or DEFAULT_CONFIG)
    return with_outbox(loaded, options.outbox, options.state)
