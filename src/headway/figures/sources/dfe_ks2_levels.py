"""DfE's key stage 2 performance tables of the levels era (to 2015): level 4, level 5, two levels' progress.

Level 4 and above was the expected level until scaled scores came in 2016; nothing here may be compared with them. In
2010 about a quarter of schools boycotted the tests: their cells are empty or hold a symbol, and are not available.
The files do not say their year; it is taken from the name of the file or of its folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import ks2_levels_columns as levels
from headway.figures.sources import published as cells
from headway.figures.sources.dfe_ks2 import in_capitals, tables

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

MEASURES = levels.MEASURES
FIRST_YEAR, LAST_YEAR = 2003, 2015
_TELLING = ("PTENGMATX", "PTREADWRITTAMATX", "PTREADWRITMATX", "PTENGX", "PTMATX", "PTREADX")


class LevelsEraTables:
    """The source; see the module."""

    key = "dfe_ks2_levels"
    title = "DfE key stage 2 performance tables of the levels era (to 2015)"
    expects: Sequence[str] = ("RECTYPE", "LEA", "ESTAB", "URN", "SCHNAME", "TELIG", "PTENGMATX", "PTMATX")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: RECTYPE, URN and a percentage at level 4."""
        here = {name.upper() for name in file.header}
        told = [name for name in _TELLING if name in here]
        if not {"RECTYPE", "URN"} <= here or not told or any(name.startswith("PTRWM_EXP") for name in here):
            return None
        wanted = ("RECTYPE", "LEA", "ESTAB", "URN", "SCHNAME", "TELIG")
        missing = tuple(name for name in wanted if name not in here)
        return Recognition(1 - len(missing) / len(wanted) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Results, organisations and links; raises Unreadable where the year is not named or not of the era."""
        here = {name.upper() for name in file.header}
        lacking = [name for name in ("RECTYPE", "LEA", "URN") if name not in here]
        if lacking:
            raise Unreadable(
                f"{file.name} looks like a performance table of the levels era, but has no column "
                f"{', '.join(lacking)}. Nothing was loaded. Use the file as DfE publishes it, or describe yours in "
                "a mapping file."
            )
        year = cells.year_named(file.name, file.path.parent.name)
        if year is None:
            raise cells.year_missing(file.name)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Unreadable(
                f"{file.name} has levels, which were given to {LAST_YEAR}, but its name says {year}. Nothing was "
                "loaded. Put the right academic year into the file's name, such as 2010-2011, and load it again."
            )
        frame = file.rows().collect()
        made, findings = tables(frame, year, cells.release_named(file.name), levels.meanings)
        findings.append(
            Finding(
                "warning",
                "year_from_the_name",
                found=f"the file's name says {year}",
                expected="",
                advice="Files of the levels era do not say their year. If it is wrong, undo this load and rename the file.",
            )
        )
        codes = in_capitals(frame).select(cells.whole_number("LEA").cast(pl.String)).to_series().to_list()
        scope = f"dfe_ks2:{year}:{cells.scope_of_authorities(codes)}"
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


source = LevelsEraTables()
