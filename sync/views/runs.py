"""The runs tab: one row for each run, never changed afterwards."""

from collections.abc import Iterator

from sheet_templates import headings
from sync.key_text import key_text
from sync.views.cells import clipped, local
from sync.views.view_input import RunSummary
from sync.workbook import AppendRows, Change, Snapshot

_TAB = "runs"


def runs(snapshot: Snapshot, run: RunSummary, issues: int) -> Iterator[Change]:
    """This run's row, unless it stands there already. `issues` is how many stand in the tab."""
    tab = snapshot.tabs.get(_TAB)
    if tab is None:
        return
    if any(key_text(tab.value(row, "run")) == run.run_id for row in tab.rows):
        return
    language = snapshot.language
    seconds = round((run.finished_at - run.at).total_seconds(), 1)
    yield AppendRows(
        tab=_TAB,
        rows=(
            {
                "run": run.run_id,
                "at": local(run.at),
                "finished_at": local(run.finished_at),
                "mode": headings.value_text(language, "mode", run.mode.value),
                "result": headings.value_text(language, "run_result", run.result),
                "sent": run.sent,
                "held": run.held,
                "refused": run.refused,
                "uncertain": run.uncertain,
                "postponed": run.postponed,
                "issues": issues,
                "place": clipped(run.place) or None,
                "seconds": seconds,
                "notes": clipped(run.notes) or None,
            },
        ),
    )
