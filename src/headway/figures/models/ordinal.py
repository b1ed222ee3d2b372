"""From the chances of each standard to one band: the highest that a pupil has an even chance of or better (FFT)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headway.figures.models.terms import ModelError
from headway.figures.tables import Sensitivity

EVEN = 0.5


def bands(pupils: pl.DataFrame, order: Sequence[str], below: str = "below") -> pl.DataFrame:
    """A row a pupil: pupil, organisation, band, chance (of that band or better), and the chance of being in each band.

    `pupils` are rows of `EstimateModel.pupils` of one level; `order` names outcomes from the lowest standard to the
    highest, such as expected and higher. `in_below`, `in_<outcome>` … add to 1. Personal data.
    """
    lacking = [outcome for outcome in order if not (pupils["outcome"] == outcome).any()]
    if lacking or not order:
        raise ModelError(f"there are no estimates of {', '.join(lacking) or 'any outcome'}")
    wide = pupils.filter(pl.col("outcome").is_in(list(order))).pivot(
        on="outcome", index=["pupil", "organisation"], values="probability"
    )
    known = pl.col(order[0]).is_not_null()
    band: pl.Expr = pl.when(known).then(pl.lit(below))
    chance: pl.Expr = pl.when(known).then(pl.lit(1.0))
    for outcome in order:  # the last that is at least even stands
        band = pl.when(pl.col(outcome) >= EVEN).then(pl.lit(outcome)).otherwise(band)
        chance = pl.when(pl.col(outcome) >= EVEN).then(pl.col(outcome)).otherwise(chance)
    within = [
        ((pl.col(outcome) - pl.col(after)) if after else pl.col(outcome)).alias(f"in_{outcome}")
        for outcome, after in zip(order, [*order[1:], None], strict=True)
    ]
    return wide.select(
        "pupil",
        "organisation",
        band.alias("band"),
        chance.alias("chance"),
        (1 - pl.col(order[0])).alias(f"in_{below}"),
        *within,
        pl.lit(Sensitivity.PERSONAL.value).alias("sensitivity"),
    )
