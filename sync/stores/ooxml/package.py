"""A spreadsheet package as bytes: its parts, read within limits; a new package that shares them.

A part that is not replaced is copied with its local header and its compressed bytes untouched, in
the same order, under its old central-directory record (PKWARE APPNOTE 6.3, sections 4.3.7-4.3.16).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sync.workbook import RefusedFile

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END64_LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
STORED, DEFLATED = 0, 8
ENCRYPTED_FLAG, DESCRIPTOR_FLAG, UTF8_FLAG = 0x1, 0x8, 0x800
FULL32 = 0xFFFFFFFF
_BLOCK = 4 << 20
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a package may be before it is refused.

    A sheet of a million rows by 25 columns is about 1.2 GB of XML in 90 MB of zip. Deflate
    squeezes a million formatted empty rows 26 to 1, and nothing more than 1032 to 1. `ratio`
    counts only for parts above `ratio_from` bytes.
    """

    file: int = 400_000_000
    part: int = 2_000_000_000
    total: int = 3_000_000_000
    small_part: int = 64_000_000
    entries: int = 20_000
    ratio: int = 100
    ratio_from: int = 20_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One part: where it stands in the file, and its central-directory record as found."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int
    end: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """A part's new content, already deflated (raw, no zlib header), as pieces to write."""

    pieces: tuple[bytes, ...]
    size: int
    crc: int


def pack(pieces: Iterable[bytes], level: int = 1) -> Packed:
    """Deflate a part given in pieces. Level 1 costs a third of the default and 30 % more bytes.

    Blocks are deflated beside each other (zlib lets other threads run) and joined: each but the
    last ends on a byte (Z_SYNC_FLUSH), so that together they are one stream (RFC 1951, 3.2.4).
    """
    size = crc = 0
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        waiting: list[Future[bytes]] = []
        blocks = _blocks(pieces)
        block: bytes | None = next(blocks, b"")
        while block is not None:
            following = next(blocks, None)
            size += len(block)
            crc = zlib.crc32(block, crc)
            waiting.append(pool.submit(_deflated, block, level, is_last=following is None))
            if len(waiting) > _THREADS:
                waiting[-_THREADS - 1].result()  # keeps few blocks in memory
            block = following
        packed = tuple(each.result() for each in waiting)
    return Packed(packed, size, crc)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about `_BLOCK`."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _deflated(block: bytes, level: int, *, is_last: bool) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(block) + squeeze.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)


class Package:
    """A zip package in memory. Raises RefusedFile for what is broken, hostile or beyond limits."""

    def __init__(self, data: bytes, limits: Limits = LIMITS) -> None:
        self.data = data
        self.limits = limits
        self._directory, count, self.comment = _find_directory(data)
        if count > limits.entries:
            raise RefusedFile("too_large")
        self.entries = _read_directory(data, self._directory, count)
        self._by_name = {entry.name: entry for entry in self.entries}
        _check_entries(self.entries, limits)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        """All part names, in the order of the central directory."""
        return [entry.name for entry in self.entries]

    def size(self, name: str) -> int:
        """The inflated size of a part, in bytes, as the directory states it."""
        return self._by_name[name].size

    def stream(self, name: str, chunk: int = 1 << 20) -> Iterator[bytes]:
        """Yield a part in pieces, never more bytes than the directory promised; checks the CRC."""
        entry = self._by_name[name]
        start, end = _content(self.data, entry)
        raw = memoryview(self.data)[start:end]
        pieces = (
            _inflate(raw, entry.size, chunk) if entry.method == DEFLATED else iter((bytes(raw),))
        )
        size = crc = 0
        for piece in pieces:
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            yield piece
        if size != entry.size or crc != entry.crc:
            raise RefusedFile("damaged", part=name)

    def digest(self, name: str) -> str:
        """A hash of a part's compressed bytes: equal for a part that was only copied."""
        start, end = _content(self.data, self._by_name[name])
        return hashlib.sha256(memoryview(self.data)[start:end]).hexdigest()

    def whole(self, name: str) -> bytes:
        """A part of any size in one piece, as `stream` gives it."""
        return b"".join(self.stream(name, max(1, self.size(name))))

    def read(self, name: str) -> bytes:
        """A small part whole (workbook, styles, relations): at most `limits.small_part` bytes."""
        if self.size(name) > self.limits.small_part:
            raise RefusedFile("too_large")
        return b"".join(self.stream(name))

    def replaced(self, parts: Mapping[str, Packed | None]) -> Iterator[bytes]:
        """Yield the bytes of a package with these parts replaced (None: left out), all else as is.

        A name the package does not have is added at the end.
        """
        at = 0
        records: dict[str, bytes] = {}
        for entry in sorted(self.entries, key=lambda each: each.offset):
            new = parts.get(entry.name)
            if new is not None:
                header, records[entry.name] = _rewritten(self.data, entry, new, at)
                pieces: tuple[bytes, ...] = (header, *new.pieces)
            elif entry.name in parts:
                continue
            else:
                records[entry.name] = _moved(entry, at)
                pieces = (self.data[entry.offset : entry.end],)
            yield from pieces
            at += sum(map(len, pieces))
        directory = [records[entry.name] for entry in self.entries if entry.name in records]
        for name, added in parts.items():
            if name not in self and added is not None:
                header, record = _fresh(name, added, at)
                yield from (header, *added.pieces)
                at += len(header) + sum(map(len, added.pieces))
                directory.append(record)
        yield from directory
        count, length = len(directory), sum(map(len, directory))
        yield END.pack(b"PK\5\6", 0, 0, count, count, length, at, len(self.comment)) + self.comment


def _find_directory(data: bytes) -> tuple[int, int, bytes]:
    """Where the central directory starts, how many records it has, and the file's comment."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if not data.startswith(b"PK\3\4") or at < 0 or at + END.size > len(data):
        raise RefusedFile("not_a_workbook")
    _, disk, _, _, count, length, start, comment = END.unpack_from(data, at)
    locator = at - END64_LOCATOR.size
    directory_end = at
    if locator >= 0 and data.startswith(b"PK\6\7", locator):
        _, _, at64, _ = END64_LOCATOR.unpack_from(data, locator)
        if at64 + END64.size > locator:
            raise RefusedFile("damaged", part="zip64")
        _, _, _, _, disk, _, _, count, length, start = END64.unpack_from(data, at64)
        directory_end = at64
    if disk or start + length != directory_end or at + END.size + comment != len(data):
        raise RefusedFile("damaged", part="zip")
    return start, count, data[at + END.size :]


def _read_directory(data: bytes, at: int, count: int) -> tuple[Entry, ...]:
    """All entries of the central directory; a part's end is where the next one starts."""
    found: list[tuple[int, dict[str, object]]] = []
    directory = at
    for _ in range(count):
        if not data.startswith(b"PK\1\2", at) or at + CENTRAL.size > len(data):
            raise RefusedFile("damaged", part="zip")
        fields = CENTRAL.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_size, extra_size, comment_size, offset = *fields[10:13], fields[16]
        name_at = at + CENTRAL.size
        extra = data[name_at + name_size : name_at + name_size + extra_size]
        size, packed, offset = _wide(extra, size, packed, offset)
        end = name_at + name_size + extra_size + comment_size
        raw = data[name_at : name_at + name_size]
        name = raw.decode("utf-8" if flags & UTF8_FLAG else "cp437", "replace")
        found.append(
            (
                offset,
                {
                    "name": name, "method": method, "flags": flags, "crc": crc,
                    "packed": packed, "size": size, "offset": offset, "record": data[at:end],
                },
            )
        )  # fmt: skip
        at = end
    starts = sorted(offset for offset, _ in found)
    ends = dict(zip(starts, [*starts[1:], directory], strict=True))
    if len(ends) != len(starts) or (starts and starts[0] != 0):
        raise RefusedFile("damaged", part="zip")
    return tuple(Entry(end=ends[offset], **values) for offset, values in found)  # type: ignore[arg-type]  # the dict spells Entry's fields


def _wide(extra: bytes, *narrow: int) -> tuple[int, int, int]:
    """Size, packed size and offset, taken from the zip64 extra field where 32 bits are full."""
    values = list(narrow)
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            wide = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            values = [next(wide, value) if value == FULL32 else value for value in values]
        at += 4 + length
    return values[0], values[1], values[2]


def _check_entries(entries: tuple[Entry, ...], limits: Limits) -> None:
    """Refuse what no spreadsheet program writes: odd names, twins, ciphers, bombs."""
    seen: set[str] = set()
    for entry in entries:
        plain = entry.name.casefold()
        unsafe = (
            plain in seen or "\\" in plain or "\0" in plain or plain.startswith("/")
            or ".." in plain.split("/") or ":" in plain
        )  # fmt: skip
        if unsafe:
            raise RefusedFile("unsafe_names", part=entry.name)
        seen.add(plain)
        if entry.flags & ENCRYPTED_FLAG:
            raise RefusedFile("encrypted")
        if entry.method not in {STORED, DEFLATED}:
            raise RefusedFile("damaged", part=entry.name)
        if entry.offset + LOCAL.size + entry.packed > entry.end:
            raise RefusedFile("damaged", part=entry.name)
        bomb = entry.size > limits.ratio_from and entry.size > limits.ratio * max(1, entry.packed)
        if entry.size > limits.part or bomb:
            raise RefusedFile("too_large")
    if sum(entry.size for entry in entries) > limits.total:
        raise RefusedFile("too_large")


def _content(data: bytes, entry: Entry) -> tuple[int, int]:
    """Where the compressed bytes of a part stand."""
    if not data.startswith(b"PK\3\4", entry.offset):
        raise RefusedFile("damaged", part=entry.name)
    fields = LOCAL.unpack_from(data, entry.offset)
    start = entry.offset + LOCAL.size + fields[9] + fields[10]
    raw_name = entry.record[CENTRAL.size : CENTRAL.size + fields[9]]
    same = data.startswith(raw_name, entry.offset + LOCAL.size)
    if not same or start + entry.packed > entry.end:
        raise RefusedFile("damaged", part=entry.name)
    return start, start + entry.packed


def _inflate(raw: memoryview, promised: int, chunk: int) -> Iterator[bytes]:
    """Inflate in pieces of at most `chunk` bytes and stop as soon as the promise is passed."""
    expand = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    feed: bytes | memoryview = raw
    try:
        while not expand.eof:
            piece = expand.decompress(feed, chunk)
            feed = expand.unconsumed_tail
            size += len(piece)
            if size > promised:
                raise RefusedFile("damaged", part="zip")
            if piece:
                yield piece
            elif not feed:
                break
    except zlib.error as error:
        raise RefusedFile("damaged", part="zip") from error


def _moved(entry: Entry, at: int) -> bytes:
    """The record of an untouched part that now starts at `at`; only its offset differs."""
    record = bytearray(entry.record)
    narrow = CENTRAL.unpack_from(record)
    if narrow[16] != FULL32:
        struct.pack_into("<L", record, 42, at)
        return bytes(record)
    wide_before = (narrow[9] == FULL32) + (narrow[8] == FULL32)
    extra = CENTRAL.size + narrow[10]
    while record[extra : extra + 2] != b"\1\0":
        extra += 4 + struct.unpack_from("<H", record, extra + 2)[0]
    struct.pack_into("<Q", record, extra + 4 + 8 * wide_before, at)
    return bytes(record)


def _rewritten(data: bytes, entry: Entry, new: Packed, at: int) -> tuple[bytes, bytes]:
    """Local header and record of a replaced part: its old name, time and attributes, new sizes."""
    packed = sum(map(len, new.pieces))
    old = LOCAL.unpack_from(data, entry.offset)
    flags = entry.flags & ~DESCRIPTOR_FLAG
    name = entry.record[CENTRAL.size : CENTRAL.size + old[9]]
    header = LOCAL.pack(
        b"PK\3\4", 20, flags, DEFLATED, old[4], old[5], new.crc, packed, new.size, len(name), 0
    )
    fields = list(CENTRAL.unpack_from(entry.record))
    fields[2:5] = [20, flags, DEFLATED]
    fields[7:10] = [new.crc, packed, new.size]
    comment = entry.record[CENTRAL.size + fields[10] + fields[11] :]
    fields[11] = 0  # extra fields told of the old content (zip64 sizes, padding)
    fields[16] = at
    return header + name, CENTRAL.pack(*fields) + name + comment


def _fresh(name: str, new: Packed, at: int) -> tuple[bytes, bytes]:
    """Local header and record of a part that was not there; dated 1980-01-01 as Excel does."""
    raw = name.encode("ascii")
    packed = sum(map(len, new.pieces))
    header = LOCAL.pack(b"PK\3\4", 20, 0, DEFLATED, 0, 33, new.crc, packed, new.size, len(raw), 0)
    record = CENTRAL.pack(
        b"PK\1\2",
        20,
        20,
        0,
        DEFLATED,
        0,
        33,
        new.crc,
        packed,
        new.size,
        len(raw),
        0,
        0,
        0,
        0,
        0,
        at,
    )
    return header + raw, record + raw
