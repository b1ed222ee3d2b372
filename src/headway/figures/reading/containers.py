"""What a file is, told from its first bytes: text, gzip, zip, spreadsheet, JSON or Parquet."""

from __future__ import annotations

import hashlib
import io
import mmap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from threading import Thread

from headway.figures.reading.delimited import delimited
from headway.figures.reading.documents import document, parquet
from headway.figures.reading.encodings import text_of
from headway.figures.reading.received import ReceivedFile
from headway.figures.reading.spreadsheets import spreadsheets
from headway.figures.sources import Unreadable

LARGEST = 4 << 30
"""Bytes that a file may unfold to. More is a mistake or a trap."""
MOST_MEMBERS = 500
HARMLESS = 1 << 28
"""Bytes to which anything may unfold, however well it packs."""
_MOST_UNFOLDED = 200  # times its packed size, beyond that; text packs 5 to 50 times
_BLOCK = 1 << 20
Digest = Callable[[], str]

_OTHER_KINDS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xfd7zXZ": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"{\\rtf": "a text document (RTF)",
}


def opened(path: Path) -> list[ReceivedFile]:
    """The tables in the file at `path`."""
    if path.is_dir():
        raise Unreadable(f"{path.name} is a folder. Give the files in it, such as {path.name}/*.csv.")
    try:
        with path.open("rb") as stream:
            if stream.seek(0, io.SEEK_END) == 0:
                raise Unreadable(f"{path.name} is empty (0 bytes). Fetch or save it again.")
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}. Check its name and folder.") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise Unreadable(f"{path.name} cannot be opened: {reason}.") from None
    digest = hashlib.sha256()
    hashing = Thread(target=digest.update, args=(content,), daemon=True)
    hashing.start()

    def digest_when_done() -> str:
        hashing.join()
        return digest.hexdigest()

    try:
        files = _tables(path, path.name, content, digest_of=digest_when_done, packed=False)
    finally:
        hashing.join()
    return files


def _tables(
    path: Path,
    name: str,
    content: bytes | mmap.mmap,
    digest_of: Digest,
    packed: bool,
    container: str = "",
) -> list[ReceivedFile]:
    head = bytes(content[:4096])
    for mark, kind in _OTHER_KINDS.items():
        if head.startswith(mark):
            raise Unreadable(f"{name} is {kind}. A CSV, spreadsheet, JSON or Parquet file is expected.")
    if head.startswith(b"\x1f\x8b"):
        if container:
            raise Unreadable(f"{name} is packed more than once. Unpack it, and load what is inside.")
        return _tables(path, name, _unzipped(name, content), digest_of, True, container="gz")
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_or_workbook(path, name, content, digest_of, container)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return spreadsheets(path, name, digest_of(), bytes(content))
    if head.startswith(b"PAR1"):
        return [parquet(path, name, digest_of(), bytes(content) if packed else None)]
    beginning = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    suffix = f".{container}" if container else ""
    if beginning in (b"{", b"["):
        return [document(path, name, digest_of(), f"json{suffix}", bytes(content))]
    if beginning == b"<":
        raise Unreadable(
            f"{name} is a web page or XML document. A CSV, spreadsheet, JSON or Parquet file is expected; "
            "perhaps a download was answered with a page."
        )
    text = text_of(memoryview(content), name)
    on_disk = not packed and text.encoding in ("utf-8", "utf-8-sig") and not text.damaged
    file = delimited(path, name, "", f"csv{suffix}", text, on_disk)
    file.sha256 = digest_of()
    return [file]


def _unzipped(name: str, content: bytes | mmap.mmap) -> bytes:
    """A gzip file's content. Raises `Unreadable` where it is cut short, corrupt or unreasonably large."""
    pieces: list[bytes] = []
    total = 0
    rest = memoryview(content)
    most = min(LARGEST, max(len(content) * _MOST_UNFOLDED, HARMLESS))
    try:
        position = 0
        while position < len(rest):
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                block = bytes(rest[position : position + _BLOCK])
                if not block:
                    raise Unreadable(f"{name} breaks off before its end: it was cut short. Fetch it again.")
                piece = unpacker.decompress(block)
                position += len(block)
                total += len(piece)
                if total > most:
                    raise Unreadable(
                        f"{name} unfolds to more than {total:,} bytes, which Headway does not take. "
                        "Unpack it and look at what it is."
                    )
                pieces.append(piece)
            position -= len(unpacker.unused_data)
            if not bytes(rest[position : position + 2]).startswith(b"\x1f\x8b"):
                break
    except zlib.error as problem:
        raise Unreadable(f"{name} is a damaged gzip file ({str(problem)[:80]}). Fetch it again.") from None
    finally:
        rest.release()
    return b"".join(pieces)


def _zip_or_workbook(
    path: Path,
    name: str,
    content: bytes | mmap.mmap,
    digest_of: Digest,
    container: str,
) -> list[ReceivedFile]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(bytes(content)))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except Exception as problem:  # zipfile raises many kinds on a crafted archive
        raise Unreadable(
            f"{name} is a damaged or unfinished archive or workbook ({str(problem)[:80]}). "
            "Fetch it again, or open it and save it anew."
        ) from None
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names or "mimetype" in names or "content.xml" in names:
        _guard(name, members, len(content))
        return spreadsheets(path, name, digest_of(), bytes(content))
    if container:
        raise Unreadable(f"{name} is packed more than once. Unpack it, and load what is inside.")
    wanted = [member for member in members if not _is_litter(member.filename)]
    if not wanted:
        raise Unreadable(f"{name} is an archive with nothing in it.")
    _guard(name, wanted, len(content))
    files: list[ReceivedFile] = []
    for member in sorted(wanted, key=lambda member: member.filename):
        files += _member(
            path, f"{name}/{PurePosixPath(member.filename.replace(chr(92), '/')).name}", archive, member
        )
    return files


def _guard(name: str, members: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS:
        raise Unreadable(
            f"{name} holds {len(members):,} files; Headway takes {MOST_MEMBERS} at most. Unpack it first."
        )
    if total > min(LARGEST, max(packed * _MOST_UNFOLDED, HARMLESS)):
        raise Unreadable(
            f"{name} would unfold to {total:,} bytes, which Headway does not take. "
            "Unpack it and look at what it is."
        )


def _is_litter(filename: str) -> bool:
    parts = PurePosixPath(filename.replace("\\", "/")).parts
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] == "Thumbs.db"


def _member(path: Path, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[ReceivedFile]:
    """The tables of one member; it is read into memory and never written under the archive's own paths."""
    try:
        if member.flag_bits & 1:
            raise Unreadable(
                f"{name} is locked with a password. Unpack the archive, and load what is inside."
            )
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) > member.file_size:
            raise Unreadable(
                f"{name} is larger than its archive says. Unpack the archive and look at what it is."
            )
        if not content:
            raise Unreadable(f"{name} is empty.")
        if content.startswith(b"PK") and not _holds_workbook(content):
            raise Unreadable(f"{name} is an archive inside an archive. Unpack it, and load what is inside.")
        return _tables(path, name, content, hashlib.sha256(content).hexdigest, True, container="zip")
    except Unreadable as problem:
        return [_unreadable(path, name, str(problem))]
    except Exception as problem:  # a crafted archive raises what it will
        return [
            _unreadable(
                path, name, f"{name} cannot be unpacked ({str(problem)[:80]}). Fetch the archive again."
            )
        ]


def _holds_workbook(content: bytes) -> bool:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except Exception:  # as above
        return False
    return bool(names & {"[Content_Types].xml", "mimetype", "content.xml"})


def _unreadable(path: Path, name: str, why: str) -> ReceivedFile:
    return ReceivedFile(path=path, name=name, sha256="", container="unreadable", unreadable=why)
