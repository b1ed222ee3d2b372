"""Loading files into the store: recognised by content, read, checked, and taken in whole or not at all.

Rows with errors are set aside in a file that can be opened, mended and loaded again; good rows go in.
A file that cannot be used gives a `Rejection` that says what was seen and what to do, never a traceback.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import polars as pl

from headway.figures.checking import Checked, check
from headway.figures.reading import ReceivedFile, received
from headway.figures.reading.received import listed
from headway.figures.recognition import Recognised, recognised
from headway.figures.setting_aside import rows_set_aside
from headway.figures.sources import Finding, Progress, Reading, Source, Unreadable, registry
from headway.figures.store import Receipt, SetAside, Store, StoreBusy, StoreError
from headway.figures.tables import LOADED, TABLES
from headway.figures.upn import with_pupil_keys

__all__ = ["Rejection", "explain", "load", "sentence"]

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Rejection:
    """A file of which nothing was taken in, and why. The store is as it was before.

    `message` is for people: the file, what was found, what was expected, what to do. `log` is where the details of
    an error of Headway's own were written.
    """

    file_name: str
    message: str
    findings: tuple[Finding, ...] = ()
    log: Path | None = None


def load(
    store: Store,
    paths: Iterable[Path | str],
    *,
    mapping: Path | str | None = None,
    progress: Progress | None = None,
    sources: Mapping[str, Source] | None = None,
) -> list[Receipt | Rejection]:
    """Loads files in the order given (members of an archive by name), each in one step: all of it or nothing.

    `mapping` is a TOML file that says what the columns of a spreadsheet are; otherwise each file is recognised
    by its content among `sources` (all that there are). One answer for each table found in the files.
    """
    tell = progress or _nothing
    known: Mapping[str, Source] = registry() if sources is None else sources
    answers: list[Receipt | Rejection] = []
    if mapping is not None:
        from headway.figures.sources.mapped import mapped_source

        try:
            mapped = mapped_source(Path(mapping))
        except Unreadable as problem:
            return [Rejection(Path(mapping).name, str(problem))]
        known = {mapped.key: mapped}
    every = [Path(path) for path in paths]
    for number, path in enumerate(every):
        step = 1 / len(every)

        def tell_part(part: float, doing: str, begin: float = number * step, step: float = step) -> None:
            tell(begin + part * step, doing)

        answers += _load_path(store, path, known, tell_part, mapped=mapping is not None)
    tell(1.0, "done")
    return answers


def _nothing(part: float, doing: str) -> None:
    """Tells nobody."""


def _load_path(
    store: Store, path: Path, sources: Mapping[str, Source], tell: Progress, *, mapped: bool
) -> list[Receipt | Rejection]:
    tell(0.0, f"opening {path.name}")
    files = _guarded(store, path.name, lambda: received(path))
    if isinstance(files, Rejection):
        return [files]
    return [_load_file(store, file, sources, tell, mapped=mapped) for file in files]


def _load_file(
    store: Store, file: ReceivedFile, sources: Mapping[str, Source], tell: Progress, *, mapped: bool
) -> Receipt | Rejection:
    if file.unreadable:
        return Rejection(file.name, file.unreadable)
    known = recognised(file, sources)
    if known.problem is not None:
        return _of_our_own(store, file.name, known.problem, known.doing)
    if known.source is None:
        return Rejection(file.name, known.message, tuple(file.problems))
    return _guarded(store, file.name, lambda: _taken_in(store, file, known, tell))


def _taken_in(store: Store, file: ReceivedFile, known: Recognised, tell: Progress) -> Receipt | Rejection:
    assert known.source is not None
    tell(0.1, f"reading {file.name}: {known.source.title}")
    reading = _read(known.source, file)
    tell(0.4, f"checking {file.name}")
    checked = _checked(store, reading)
    tell(0.7, f"storing {file.name}")
    findings = _without_repetition([*file.problems, *reading.findings, *checked.findings])
    aside = checked.bad | {rejected.row for rejected in file.rejected}
    if reading.tables and not any(frame.height for frame in checked.tables.values()):
        return Rejection(file.name, _nothing_good(file, reading, findings, len(aside)), tuple(findings))
    content = rows_set_aside(file, aside, findings) if aside else None
    return store.add(
        file_name=file.name,
        file_hash=file.sha256,
        kind=reading.kind,
        scope=reading.scope,
        complete=reading.complete and not file.mended,
        rows_read=reading.rows_read + len(file.rejected),
        tables=checked.tables,
        findings=findings,
        set_aside=SetAside(content, len(aside)) if content is not None else None,
        distinct=True,
        progress=lambda part, doing: tell(0.7 + 0.3 * part, doing),
    )


def _read(source: Source, file: ReceivedFile) -> Reading:
    """What the source makes of the file. Asking for a column that is not there is the file's lack, not a mistake."""
    try:
        return source.read(file)
    except pl.exceptions.ColumnNotFoundError as problem:
        named = re.search(r'"([^"]+)"', str(problem))
        if named is None or named[1] in file.header:
            raise
        raise Unreadable(
            f"{file.name} was recognised as {source.title}, but has no column {named[1]}, which that kind needs. "
            f"Its columns are {listed(file.header, 30)}."
        ) from None


def _checked(store: Store, reading: Reading) -> Checked:
    unknown = [name for name in reading.tables if name not in LOADED]
    if unknown:
        raise ValueError(f"the source made a table {', '.join(unknown)} that no file can fill")
    keys = _remembered(store.pupil_keys)
    tables = {
        name: with_pupil_keys(frame.lazy(), keys) if "pupil" in TABLES[name] else frame
        for name, frame in reading.tables.items()
    }
    already = {row for finding in reading.findings if finding.severity == "error" for row in finding.rows}
    return check(tables, already)


def _remembered(keys: Callable[[pl.Series], pl.Series]) -> Callable[[pl.Series], pl.Series]:
    """The keys of the last pupils asked for are kept: the tables of a file ask for the same ones."""
    last: list[tuple[pl.Series, pl.Series]] = []

    def remembered(upns: pl.Series) -> pl.Series:
        for asked, answer in last:
            if asked.len() == upns.len() and asked.equals(upns, null_equal=True):
                return answer
        answer = keys(upns)
        last[:] = [(upns, answer)]
        return answer

    return remembered


def _without_repetition(findings: Sequence[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _nothing_good(file: ReceivedFile, reading: Reading, findings: Sequence[Finding], aside: int) -> str:
    rows = reading.rows_read + len(file.rejected)
    if not rows:
        return (
            f"{file.name} was recognised as {reading.kind} but has no rows below its header. "
            "Rows with figures are expected; fetch or save it again."
        )
    worst = [sentence(finding) for finding in findings if finding.severity == "error"][:3]
    return (
        f"{file.name} was recognised as {reading.kind}, but none of its {rows:,} rows could be used"
        f"{f': {aside:,} have errors' if aside else ''}. {' '.join(worst)} "
        "Perhaps its columns were moved or it is another kind of file. Nothing was loaded."
    ).replace("  ", " ")


def _guarded(store: Store, name: str, doing: Callable[[], Answer]) -> Answer | Rejection:
    """What `doing` gives; what it raises becomes a rejection, and a mistake of Headway's own goes to the log."""
    try:
        return doing()
    except (Unreadable, StoreError, StoreBusy) as problem:
        words = str(problem)
        return Rejection(name, words if name in words else f"{name}: {words}")
    except Exception as problem:
        return _of_our_own(store, name, problem, "reading it")
    except BaseException as problem:
        if type(problem).__name__ == "PanicException":  # of the libraries in Rust; not an Exception
            return _of_our_own(store, name, problem, "reading it")
        raise


def _of_our_own(store: Store, name: str, problem: BaseException, doing: str) -> Rejection:
    log = _logged(store, name, problem, doing)
    return Rejection(
        name,
        f"{name} could not be loaded because Headway itself made a mistake while {doing} "
        f"({type(problem).__name__}). Nothing of it was taken in. The details are in {log}; please report them, "
        "without any pupil's data.",
        log=log,
    )


def _logged(store: Store, name: str, problem: BaseException, doing: str) -> Path:
    path = store.folder / "logs" / "load.log"
    path.parent.mkdir(exist_ok=True)
    details = "".join(traceback.format_exception(problem))
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {name}, {doing}\n{details}\n")
    return path


def sentence(finding: Finding, most_rows: int = 5) -> str:
    """A finding as a plain sentence or two: where, what was found, what was expected, what to do."""
    where = _where(finding.rows, most_rows)
    if finding.column:
        where = f"{where}, column {finding.column}" if where else f"Column {finding.column}"
    found = f"{where}: {finding.found}" if where else finding.found
    parts = [found + (f" (expected: {finding.expected})" if finding.expected else "")]
    if finding.advice:
        parts.append(f"To do: {finding.advice}")
    return ". ".join(part.rstrip(".") for part in parts) + "."


def _where(rows: Sequence[int], most: int) -> str:
    if not rows:
        return ""
    shown = [f"{row:,}" for row in rows[:most]]
    if len(rows) == 1:
        return f"Row {shown[0]}"
    if len(rows) > most:
        return f"Rows {', '.join(shown)} and {len(rows) - most:,} more"
    return f"Rows {', '.join(shown[:-1])} and {shown[-1]}"


def explain(store: Store, receipt: Receipt) -> list[str]:
    """The findings of a receipt as sentences, errors first."""
    order = {"error": 0, "warning": 1, "note": 2}
    rows = store.frame("findings").filter(pl.col("receipt") == receipt.id).collect()
    keys = ["severity", "rule", "found", "expected", "advice", "file_column"]
    grouped = rows.group_by(keys, maintain_order=True).agg(pl.col("file_row").drop_nulls().sort())
    found = [
        Finding(severity, rule, found or "", expected or "", advice or "", column, tuple(numbers))
        for severity, rule, found, expected, advice, column, numbers in grouped.iter_rows()
    ]
    return [sentence(one) for one in sorted(found, key=lambda one: order.get(one.severity, 3))]
