"""From plan, facts and issues to the cells of engine columns and tabs: pure functions.

`record` gives all changes of one finished run; `history.claims` those before anything leaves.
"""

from sync.views.recording import record

__all__ = ["record"]
