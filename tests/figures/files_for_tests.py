"""A small kind of file and its source, for tests of reading and loading that need none of the real sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from headway.figures.reading import ReceivedFile
from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.symbols import status_and_value, unknown_text


@dataclass
class Expected:
    """Schools and the percentage that reached the expected standard, all of one authority: complete for 2019."""

    key: str = "expected"
    title: str = "Schools at the expected standard"
    expects: Sequence[str] = ("URN", "NAME", "PUPILS", "EXPECTED")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        missing = tuple(name for name in self.expects if name not in file.header)
        return Recognition(1 - len(missing) / 4, self.key, missing) if len(missing) < 4 else None

    def read(self, file: ReceivedFile) -> Reading:
        frame = file.rows().collect()
        figure = status_and_value("EXPECTED")
        results = frame.select(
            "row",
            pl.format("school:{}", "URN").alias("organisation"),
            *(pl.lit(value).alias(name) for name, value in self._constants().items()),
            *figure.named(),
            pl.col("PUPILS").alias("denominator"),
        )
        nobody = frame.filter(pl.col("URN").is_null())["row"]
        findings = unknown_text(frame, "EXPECTED")
        if len(nobody):
            findings.append(
                Finding("error", "no URN", "nothing", "six digits", "fill it in", "URN", tuple(nobody))
            )
        bad = {row for finding in findings for row in finding.rows}
        results = results.filter(~pl.col("row").is_in(list(bad)))
        return Reading(
            self.key, "expected:2019", True, frame.height, {"published_results": results}, findings
        )

    def _constants(self) -> dict[str, object]:
        return {
            "year": 2019,
            "years_pooled": 1,
            "measure": "ks2_rwm_expected",
            "group": "all",
            "dataset": "test",
            "release": "final",
        }


SOURCES = {"expected": Expected()}
HEADER = "URN,NAME,PUPILS,EXPECTED"
ROWS = ["100001,St Mary's,30,63%", '100002,"Hill, The",12,SUPP', "100003,Vale,28,50%", "100004,Ford,9,NA"]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"


def written(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
