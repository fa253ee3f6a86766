"""The unattended entry: everything is in `sync.cli`."""

import sys

from sync.cli import main

if __name__ == "__main__":
    sys.exit(main())
