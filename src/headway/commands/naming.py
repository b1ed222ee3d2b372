"""Which authority or school is meant, and what it is called."""

from __future__ import annotations

import polars as pl

from headway.commands.output import UserError
from headway.figures import register, register_search
from headway.figures.store import Store
from headway.figures.tables import authority as authority_key
from headway.figures.tables import school as school_key


def authority_of(code: str) -> str:
    """The key of the authority of this code, `936` or `authority:936`. A `UserError` for anything else."""
    bare = code.removeprefix("authority:")
    if not (bare.isdecimal() and len(bare) == 3):
        raise UserError(
            f"An authority has a three-digit code, such as 936 for Surrey; {code!r} is none.", exit_code=2
        )
    return authority_key(bare)


def described_schools(store: Store) -> pl.DataFrame:
    """Every organisation as the register describes it now."""
    return register.organisations(store)


def school_of(store: Store, text: str) -> str:
    """The key of the school meant: a URN, a DfE number or part of a name. A `UserError` where none or several are."""
    bare = text.removeprefix("school:").strip()
    if bare.isdecimal() and len(bare) in (5, 6):
        return school_key(bare)
    found = register_search.find(store, text)
    if found.is_empty():
        raise UserError(
            f"No school is like {text!r}. Give its six-digit URN, or load the register to search by name."
        )
    if (
        found.height > 1
        and found["name"][0].casefold() != text.casefold()
        and not bare.replace("/", "").isdecimal()
    ):
        near = "; ".join(
            f"{row['name']} ({row['organisation'].removeprefix('school:')})"
            for row in found.head(5).iter_rows(named=True)
        )
        raise UserError(f"Several schools are like {text!r}: {near}. Give the URN.")
    return str(found["organisation"][0])


def name_of(store: Store, organisation: str) -> str:
    """Its name, or its key where the register has none."""
    found = described_schools(store).filter(pl.col("organisation") == organisation)
    return str(found["name"][0]) if found.height and found["name"][0] else organisation


def school_year(year: int) -> str:
    """2019 as 2018/19."""
    return f"{year - 1}/{year % 100:02d}"
