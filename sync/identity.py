"""Which workbook this is, and whether it is the real one: a copy must not chase anybody."""

import hashlib

from sync.ledger import Ledger
from sync.workbook import Snapshot, WrongPlace


def identity_of(snapshot: Snapshot) -> str:
    """The workbook's own id; one that carries none is known by its place."""
    if snapshot.workbook_id:
        return snapshot.workbook_id
    return "place-" + hashlib.sha256(snapshot.place.encode()).hexdigest()[:16]


def check_place(snapshot: Snapshot, identity: str, ledger: Ledger, *, moved: bool) -> None:
    """Refuse a known workbook at another place, until a person says that it moved.

    Known is what this ledger has seen before, or else what the last live row of the runs tab
    names: a workbook taken to another computer is not chased from both. Raises WrongPlace.
    The place is remembered by `remember_place` only once the workbook could be written there.
    """
    known = ledger.place_of(identity)
    here = snapshot.place
    if known is not None:
        elsewhere = _path(known) != _path(here)
    else:
        known = _last_place(snapshot)
        elsewhere = known is not None and known != here
    if elsewhere and not moved:
        raise WrongPlace("is_a_copy", here=_path(here), known=known or "")


def remember_place(snapshot: Snapshot, identity: str, ledger: Ledger) -> None:
    """The workbook of this identity lives here: it was written here."""
    ledger.remember_place(identity, snapshot.place)


def _path(place: str) -> str:
    """A place without its host: the ledger is this computer's, whose name may change."""
    return place.partition(":")[2]


def _last_place(snapshot: Snapshot) -> str | None:
    tab = snapshot.tabs.get("runs")
    if tab is None:
        return None
    for row in reversed(tab.rows):
        place = tab.value(row, "place")
        if isinstance(place, str) and place:
            return place
    return None
