"""The immutable files of releases: written once, named by their hash, verified before they are read.

A file is sorted, in groups of rows that do not part an organisation (or a measure of a year), so that a reader finds one
school or one measure by the statistics of the groups and reads nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import TracebackType

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

ROWS_A_GROUP = 8_000
"""Read one school and this many rows are decoded at most, and those of the school: about 2 ms."""
_READ_AT_ONCE = 1 << 20
_KEPT_BYTES = 128 << 20
"""Rows kept in memory by each process: one measure of 17,000 schools with its comparisons is some 20 MB."""
_LEAST_SIZE = 64 << 10


class DamagedFileError(Exception):
    """A file of a release is missing, or is not what was published."""


@dataclass(frozen=True)
class Written:
    """A file that was written: its hash, rows and bytes."""

    sha256: str
    rows: int
    size: int


class Writer:
    """Writes one file: frames in the order of the file, each whole for the organisations (or measures) that it holds."""

    def __init__(self, folder: Path, key: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.key = list(key)
        handle, name = tempfile.mkstemp(prefix=".making-", suffix=".parquet", dir=folder)
        os.close(handle)
        self.making = Path(name)
        self.writer: pq.ParquetWriter | None = None
        self.rows = 0
        self.written: Written | None = None

    def __enter__(self) -> Writer:
        return self

    def add(self, frame: pl.DataFrame) -> None:
        """The next rows, sorted; nothing of the last organisation comes again later."""
        if self.writer is None:
            self.writer = pq.ParquetWriter(
                self.making, frame.to_arrow().schema, compression="zstd", write_statistics=self.key
            )
        for start, length in _groups(frame, self.key):
            self.writer.write_table(frame.slice(start, length).to_arrow(), row_group_size=max(length, 1))
        self.rows += frame.height

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.writer is not None:
            self.writer.close()
        if kind is None and self.writer is not None:
            self.written = self._settled()
        else:
            self.making.unlink(missing_ok=True)

    def _settled(self) -> Written:
        with self.making.open("rb+") as file:
            os.fsync(file.fileno())
        digest, size = hash_of(self.making), self.making.stat().st_size
        path = place_of(self.folder, digest)
        path.parent.mkdir(exist_ok=True)
        self.making.chmod(0o440)
        os.replace(self.making, path)
        return Written(digest, self.rows, size)


def _groups(frame: pl.DataFrame, key: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Start and length of the groups of rows: as many whole keys as fit into `ROWS_A_GROUP`."""
    lengths = frame.select(pl.struct(key).rle().struct.field("len"))["len"].to_list()
    start = length = 0
    for one in lengths:
        if length and length + one > ROWS_A_GROUP:
            yield start, length
            start, length = start + length, 0
        length += one
    if length or not frame.height:
        yield start, length


def place_of(folder: Path, sha256: str) -> Path:
    """Where the file with this hash lies."""
    return folder / sha256[:2] / f"{sha256}.parquet"


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Opened:
    """A verified file with what its footer says, kept as long as the file is unchanged."""

    file: pq.FileMetaData
    schema: pl.Schema
    least: tuple[npt.NDArray[np.object_], ...]
    greatest: tuple[npt.NDArray[np.object_], ...]


def read(folder: Path, sha256: str, key: Sequence[str], wanted: Sequence[object] | None) -> pl.DataFrame:
    """The rows whose first key columns are `wanted` (a prefix of the key); every row where None.

    Raises `DamagedFileError` where the file is missing or its contents are not those of its hash.
    """
    with _told(sha256):
        path = place_of(folder, sha256)
        asked = (path, sha256, tuple(key), None if wanted is None else tuple(wanted), _state(path))
        frame = _kept.found(asked)
        if frame is None:
            frame = _rows(*asked)
            _kept.keep(asked, frame)
        return frame


def prove(folder: Path, sha256: str, key: Sequence[str]) -> None:
    """Prove a file and keep its footer, as the first reading of it would. Raises `DamagedFileError`."""
    with _told(sha256):
        path = place_of(folder, sha256)
        _opened(path, sha256, tuple(key), _state(path))


@contextmanager
def _told(sha256: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DamagedFileError(f"the file {sha256[:12]} of the release cannot be read") from error


class _Kept:
    """The frames that were asked for last, by what was asked, up to `most` bytes: what was published never changes, and
    pages ask for it again. Nobody changes a frame in place."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self.frames: OrderedDict[Hashable, pl.DataFrame] = OrderedDict()
        self.lock = Lock()

    def found(self, asked: Hashable) -> pl.DataFrame | None:
        """The frame, if it is kept; it is the last to go from now on."""
        with self.lock:
            if asked in self.frames:
                self.frames.move_to_end(asked)
            return self.frames.get(asked)

    def keep(self, asked: Hashable, frame: pl.DataFrame) -> None:
        """Keep a frame; those that nobody asked for longest go."""
        with self.lock:
            if asked in self.frames:
                return
            self.frames[asked] = frame
            self.size += _size(frame)
            while self.size > self.most:
                self.size -= _size(self.frames.popitem(last=False)[1])


def _size(frame: pl.DataFrame) -> int:
    # No frame counts for nothing: else empty ones would be kept without end.
    return max(int(frame.estimated_size()), _LEAST_SIZE)


_kept = _Kept(_KEPT_BYTES)
_State = tuple[int, int, int]


def _state(path: Path) -> _State:
    """What is otherwise when a file was changed on disk."""
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def _rows(
    path: Path, sha256: str, key: tuple[str, ...], wanted: tuple[object, ...] | None, state: _State
) -> pl.DataFrame:
    opened = _opened(path, sha256, key, state)
    chosen = _row_groups(opened, wanted)
    if not chosen:
        return pl.DataFrame(schema=opened.schema)
    with pq.ParquetFile(path, metadata=opened.file) as file:
        frame = pl.DataFrame(pl.from_arrow(file.read_row_groups(chosen, use_threads=False)))
    if wanted is None:
        return frame
    return frame.filter(*(pl.col(name) == value for name, value in zip(key, wanted, strict=False)))


def verify(folder: Path, sha256: str) -> None:
    """Raises `DamagedFileError` where the file is missing or not what was published."""
    path = place_of(folder, sha256)
    if not path.exists() or hash_of(path) != sha256:
        raise DamagedFileError(
            f"the file {sha256[:12]} of the release is missing, or is not what was published"
        )


@lru_cache(maxsize=256)
def _opened(path: Path, sha256: str, key: tuple[str, ...], state: _State) -> _Opened:
    """The file's footer, once it is proven to be what was published; asked anew when the file changes on disk (`state`)."""
    if hash_of(path) != sha256:
        raise DamagedFileError(f"the file {sha256[:12]} of the release is not what was published")
    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        empty = pl.from_arrow(file.schema_arrow.empty_table())
    places = {metadata.schema.column(index).name: index for index in range(metadata.num_columns)}
    least, greatest = [], []
    for name in key:
        found = [
            metadata.row_group(group).column(places[name]).statistics
            for group in range(metadata.num_row_groups)
        ]
        least.append(np.array([one.min if one is not None else None for one in found], dtype=object))
        greatest.append(np.array([one.max if one is not None else None for one in found], dtype=object))
    return _Opened(metadata, pl.DataFrame(empty).schema, tuple(least), tuple(greatest))


def _row_groups(opened: _Opened, wanted: Sequence[object] | None) -> list[int]:
    """The groups of rows that may hold what is wanted."""
    count = opened.file.num_row_groups
    if opened.file.num_rows == 0:
        return []
    fits = np.ones(count, dtype=np.bool_)
    for value, least, greatest in zip(wanted or (), opened.least, opened.greatest, strict=False):
        fits &= np.array(
            [low is None or low <= value <= high for low, high in zip(least, greatest, strict=True)]
        )
    return [int(one) for one in np.flatnonzero(fits)]
