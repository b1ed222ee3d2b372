"""A panel: the results of many organisations over years, as arrays, with what else was known and when.

The forecasts and the early warning learn from it. It keeps the year by which each thing was *known*, so that
`Panel.known_before` can hide all that a forecaster standing before the tests of a year could not have had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.tables import Status

Numbers = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Panel:
    """Results and context of organisations, one position an organisation in every array; NaN is not known.

    `results` holds a series' values of a year (`("ks2_rwm_expected", 2024)`), which are known once that
    year is over. `context` (percentages, say, of the January census) and `sizes` (pupils in one year
    group) are held by the year by which they are known *before* the tests: a census of January 2025 is
    2025. `area` is the authority, or an empty string.
    """

    organisations: Names
    area: Names
    results: dict[tuple[str, int], Numbers]
    context: dict[tuple[str, int], Numbers] = field(default_factory=dict)
    sizes: dict[int, Numbers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.organisations)

    def known_before(self, year: int) -> Panel:
        """What was known before the tests of `year`: results of earlier years, context and sizes up to it."""
        return Panel(
            self.organisations,
            self.area,
            {key: values for key, values in self.results.items() if key[1] < year},
            {key: values for key, values in self.context.items() if key[1] <= year},
            {known: values for known, values in self.sizes.items() if known <= year},
        )

    def years(self, series: str) -> list[int]:
        """The years for which the series has any value, earliest first."""
        return sorted(
            year
            for (name, year), values in self.results.items()
            if name == series and bool(np.isfinite(values).any())
        )

    @property
    def series(self) -> list[str]:
        """The names of the series, in alphabetical order."""
        return sorted({name for name, _ in self.results})

    @property
    def size(self) -> Numbers:
        """Pupils in a year group: the latest known of each organisation, NaN where none is."""
        latest = np.full(len(self), np.nan)
        for known in sorted(self.sizes):
            latest = np.where(np.isfinite(self.sizes[known]), self.sizes[known], latest)
        return latest

    def of(self, wanted: npt.NDArray[Any]) -> Panel:
        """The panel of some of the organisations (a mask or positions)."""
        return Panel(
            self.organisations[wanted],
            self.area[wanted],
            {key: values[wanted] for key, values in self.results.items()},
            {key: values[wanted] for key, values in self.context.items()},
            {known: values[wanted] for known, values in self.sizes.items()},
        )


def results_panel(
    results: pl.DataFrame,
    *,
    series: dict[tuple[str, str], str],
    context: dict[str, str],
    organisations: list[str],
    areas: dict[str, str],
) -> Panel:
    """The panel of `organisations` from rows of the results table.

    `series` names, for each (measure, group) wanted, its series; `context` does for measures of all pupils
    that the January census gives, and so are known before the tests of their year. Only rows of one year
    (`years_pooled` 1) whose status is reported count; a value is never made of a missing one. Where an
    organisation has a figure on several bases, pupils come before published, and published before pooled
    from schools. Sizes are the denominators of the first series, known a year later.
    """
    place = pl.DataFrame({"organisation": organisations, "place": range(len(organisations))})
    bases = pl.DataFrame({"basis": ["pupils", "published", "schools"], "preferred": [0, 1, 2]})
    rows = (
        results.lazy()
        .filter(
            (pl.col("years_pooled") == 1)
            & (pl.col("status") == Status.REPORTED.value)
            & pl.col("value").is_not_null()
            & pl.col("measure").is_in([*{measure for measure, _ in series}, *context])
        )
        .join(place.lazy(), on="organisation")
        .join(bases.lazy(), on="basis", how="left")
        .sort("preferred", "denominator", descending=[False, True], nulls_last=True)
        .unique(["place", "year", "measure", "group"], keep="first", maintain_order=True)
        .select("place", "year", "measure", "group", "value", pl.col("denominator").cast(pl.Float64))
        .collect()
    )
    found: dict[tuple[str, int], Numbers] = {}
    about: dict[tuple[str, int], Numbers] = {}
    sizes: dict[int, Numbers] = {}
    first = next(iter(series))

    def spread(part: pl.DataFrame, column: str) -> Numbers:
        filled = np.full(len(organisations), np.nan)
        filled[part["place"].to_numpy()] = part[column].fill_null(np.nan).to_numpy()
        return filled

    for (measure, group, year), part in rows.group_by("measure", "group", "year", maintain_order=True):
        key, when = (str(measure), str(group)), int(str(year))
        if key in series:
            found[series[key], when] = spread(part, "value")
        elif measure in context and group == "all":
            about[context[str(measure)], when] = spread(part, "value")
        if key == first:
            counted = spread(part, "denominator")
            sizes[when + 1] = np.where(counted > 0, counted, np.nan)
    area = np.array([areas.get(name, "") for name in organisations], dtype=np.str_)
    return Panel(np.array(organisations, dtype=np.str_), area, found, about, dict(sorted(sizes.items())))
