"""The .meta file that comes with every Explore Education Statistics data file: what its columns are called.

Nothing is loaded from it: Headway knows the columns of the files that it reads. It is recognised so that a download
can be loaded as it came, data and .meta together; its receipt has no rows, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headway.figures.sources import Finding, Reading, Recognition

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

MEASURES: tuple[str, ...] = ()
"""This source writes no measures."""


class Metadata:
    """The source; see the module."""

    key = "ees_meta"
    title = "Explore Education Statistics: the .meta file of a data file"
    expects: Sequence[str] = ("col_name", "col_type", "label", "indicator_grouping", "filter_grouping_column")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns col_name and col_type."""
        missing = tuple(name for name in self.expects if name not in file.header)
        if not {"col_name", "col_type", "label"} <= set(file.header):
            return None
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """No tables, and a note that says why."""
        return Reading(
            kind=self.key,
            scope=f"{self.key}:{file.sha256[:12]}",
            complete=False,
            rows_read=0,
            tables={},
            findings=[
                Finding(
                    "note",
                    "nothing to load",
                    "this file only describes the columns of a data file",
                    "the data file beside it",
                    "nothing; Headway knows these columns. Load the data file if it did not come with this one",
                )
            ],
        )


source = Metadata()
