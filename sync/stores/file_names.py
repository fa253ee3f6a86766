"""File names made from a workbook's, within what a file system takes."""

import hashlib

_MOST = 255  # bytes of one name on the usual file systems; Windows and macOS count characters
_MARK = 9  # a sign and eight digits


def fitting(stem: str, beside: str) -> str:
    """A workbook's stem, shortened when a name of it and `beside` would be too long.

    The shortened one ends in digits of its whole, so that two long names that begin alike stay two.
    """
    room = _MOST - len(beside.encode())
    whole = stem.encode()
    if len(whole) <= room:
        return stem
    mark = "~" + hashlib.sha256(whole).hexdigest()[: _MARK - 1]
    return whole[: room - _MARK].decode(errors="ignore") + mark
