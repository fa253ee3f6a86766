"""Text for a hidden cell: as it is, or packed when a cell could not hold it.

Excel cuts a cell's text at 32,767 characters and says nothing; Google's limit is 50,000.
"""

import base64
import binascii
import zlib

CELL_LIMIT = 30_000
_PLAIN_LIMIT = 2_000_000  # what a packed cell may become: far beyond any real message
_MARK = "z:"


def pack(text: str) -> str:
    """The text itself, or `z:` and base64 of its zlib form when it is too long."""
    if len(text) <= CELL_LIMIT and not text.startswith(_MARK):
        return text
    return _MARK + base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpack(text: str) -> str:
    """What `pack` was given.

    Raises:
        ValueError: when the text was packed and is damaged, or would become absurdly long.
    """
    if not text.startswith(_MARK):
        return text
    unpacker = zlib.decompressobj()
    try:
        packed = base64.b64decode(text[len(_MARK) :], validate=True)
        plain = unpacker.decompress(packed, _PLAIN_LIMIT)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(f"damaged: {error}") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("too long or cut short")
    return plain.decode()
