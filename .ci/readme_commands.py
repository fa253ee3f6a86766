"""Print the commands of the README's first screen, one a line, as `.ci/run` runs them."""

import re
from pathlib import Path

readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
block = re.search(r"```(?:sh|console)\n(.*?)```", readme, re.DOTALL)
if block is None:
    raise SystemExit("the README has no block of commands")
for line in block[1].splitlines():
    if line.strip() and not line.startswith("#"):
        print(line.strip())
