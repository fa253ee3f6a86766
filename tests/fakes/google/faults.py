"""What goes wrong, when it is told to.

    server.fail(Fault(status=429))                          # the next request
    server.fail(Fault(status=500, when="after", nth=2))     # the second one, after applying it
    server.fail(Fault(drop=True, when="after", method="spreadsheets.batchUpdate"))
    server.fail(Fault(action=lambda: ana.sorts(), when="after"))   # a person, in between

A fault is used up by the request it meets; `always=True` keeps it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

HTML = (
    "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error {code} (Server Error)!!1"
    "</title>\n<p><b>{code}.</b> <ins>That’s an error.</ins>\n<p>The server encountered a "
    "temporary error and could not complete your request.<p>Please try again in 30 seconds.\n"
)


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        when: `before` the request is applied (it is not), or `after` it was.
        status: the HTTP status of the answer; 0 leaves the answer.
        html: the error is Google's page, no JSON.
        drop: the connection is closed without an answer.
        cut: the answer ends in the middle.
        delay: seconds to wait first; longer than the client's patience is a time-out.
        until: wait for this first (a minute at most), so that a test need not race a clock.
        action: called at that moment; a person who edits in between, for one.
        nth: the n-th request that fits, from now on.
        method: the method it is for, as `spreadsheets.values.batchGet`; "" is any, `token` the
            token endpoint.
        retry_after: the header's value, when given.
        always: is not used up.
    """

    when: Literal["before", "after"] = "before"
    status: int = 0
    html: bool = False
    drop: bool = False
    cut: bool = False
    delay: float = 0.0
    until: threading.Event | None = None
    action: Callable[[], object] | None = None
    nth: int = 1
    method: str = ""
    retry_after: str = ""
    always: bool = False
    seen: int = field(default=0, init=False)

    def passes(self) -> None:
        """Take the time, do the deed."""
        if self.delay:
            time.sleep(self.delay)
        if self.until is not None:
            self.until.wait(60)
        if self.action is not None:
            self.action()


class Faults:
    """Those that are waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """To be met in this order."""
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault of this request, if any; called once a request."""
        with self._lock:
            for fault in self._waiting:
                if fault.method not in {"", method}:
                    continue
                fault.seen += 1
                if fault.seen < fault.nth:
                    return None
                if not fault.always:
                    self._waiting.remove(fault)
                return fault
        return None
