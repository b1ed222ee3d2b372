"""Commands for who is who: pupils with several UPNs, pupils to forget, schools that changed, links to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import polars as pl
import typer

from headway.commands.evidence import Json
from headway.commands.naming import authority_of
from headway.commands.output import UserError, aside, count_of, open_store, out, print_json, print_table, told
from headway.figures import matching, register_changes, successions
from headway.figures import purge as purging
from headway.figures.pseudonyms import shown_key
from headway.figures.register import organisations
from headway.figures.store import Store
from headway.figures.tables import COLLECTIONS

PANEL = "Who is who"

Pupil = Annotated[
    str, typer.Argument(help="The pupil: p and 16 letters or digits as headway matches shows it, or a UPN.")
]
By = Annotated[str, typer.Option("--by", help="Who decides: your name.")]
Because = Annotated[str, typer.Option("--because", help="Why; it is kept on record. Write no name here.")]
_DAY = ["%Y-%m-%d"]
SHOWN = 40
WARNING = "This is personal data about children. Show it only to people who need it for their work, and do not keep copies."


def pupil_of(store: Store, text: str) -> int:
    """The key of the pupil meant. A `UserError` where the text is no pupil's, or the store has no such pupil."""
    plain = text.strip()
    if re.fullmatch(r"[pP][0-9a-fA-F]{16}", plain):
        unsigned = int(plain[1:], 16)
        key = unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned
    elif re.fullmatch(r"[A-Za-z]\d{11}[0-9A-Za-z]", plain):
        key = int(store.pupil_keys(pl.Series([plain]))[0])
    else:
        raise UserError(
            f"{text!r} is neither a UPN (13 characters, such as H801200001001) nor a pupil as headway matches shows one "
            "(p and 16 letters or digits).",
            exit_code=2,
        )
    rows = [
        store.frame(table).filter(pl.col("pupil") == key).select("pupil")
        for table in ("identities", "pupils")
    ]
    if pl.concat(rows).head(1).collect().is_empty():
        raise UserError(f"The store has no pupil {text}. Nothing was done.")
    return key


def matches(
    names: Annotated[
        bool, typer.Option("--names", help="With names and dates of birth; only if you may see them.")
    ] = False,
    collection: Annotated[
        str, typer.Option(help=f"Whose past to look for: {', '.join(COLLECTIONS)}.")
    ] = "ks2",
    earlier: Annotated[
        str, typer.Option(help="The collection in which they should be found earlier.")
    ] = "ks1",
    json: Json = False,
) -> None:
    """Pupils who may be one and the same, pupils whose joined UPNs disagree, pupils without a past. Personal data.

    Nothing is joined by this: a match by name is for a person to look at. Ask the school, correct the UPN or the former UPN
    in the file, and load it; or bar a pupil from being matched at all.

    Example: headway matches --collection ks2 --earlier ks1
    """
    for name in (collection, earlier):
        if name not in COLLECTIONS:
            raise UserError(
                f"There is no collection {name}. There are {', '.join(COLLECTIONS)}.", exit_code=2
            )
    store = open_store()
    suggested, differing = matching.suggestions(store), matching.conflicts(store)
    alone = matching.unmatched(store, collection=collection, earlier=earlier)
    aside.print(WARNING, markup=False)
    rows = list(_matches(suggested, differing, alone))
    if names:
        called = _called(store, {pupil for row in rows for pupil in row["pupils"]})
        rows = [row | {"names": [called.get(pupil) for pupil in row["pupils"]]} for row in rows]
    for row in rows:
        row["pupils"] = [shown_key(pupil) for pupil in row["pupils"]]
    if json:
        print_json(rows)
        return
    _print_matches(rows, names=names)
    out.print(
        f"{count_of(suggested.height, 'suggestion')}, {count_of(differing.height, 'conflict')}, "
        f"{count_of(alone.height, 'pupil')} of {collection} not found in {earlier} of an earlier year."
    )


def _matches(
    suggested: pl.DataFrame, differing: pl.DataFrame, alone: pl.DataFrame
) -> Iterator[dict[str, Any]]:
    for row in suggested.iter_rows(named=True):
        pair, years = [row["pupil"], row["other"]], [row["year"], row["other_year"]]
        yield {"what": "suggestion", "pupils": pair, "years": years, "organisation": None}
    for row in differing.iter_rows(named=True):
        yield {"what": "conflict", "pupils": row["pupils"], "years": [], "organisation": None}
    for row in alone.iter_rows(named=True):
        where = row["organisation"]
        yield {"what": "unmatched", "pupils": [row["pupil"]], "years": [row["year"]], "organisation": where}


_MEANING = {
    "suggestion": "same name and date of birth under two UPNs: perhaps one pupil",
    "conflict": "joined by a former UPN, but the dates of birth differ",
    "unmatched": "not found in an earlier year",
}


def _print_matches(rows: list[dict[str, Any]], *, names: bool) -> None:
    for what, meaning in _MEANING.items():
        found = [row for row in rows if row["what"] == what]
        if not found:
            continue
        columns = ["Pupils", "Years", "School", *(["Names"] if names else [])]
        print_table(
            f"{what.capitalize()}: {meaning}",
            columns,
            (
                [
                    "\n".join(row["pupils"]), ", ".join(map(str, row["years"])), row["organisation"] or "",
                    *(["\n".join(name or "" for name in row["names"])] if names else []),
                ]
                for row in found[:SHOWN]
            ),
        )  # fmt: skip
        if len(found) > SHOWN:
            out.print(f"… and {len(found) - SHOWN:,} more. All of them: --json")


def _called(store: Store, keys: set[int]) -> dict[int, str]:
    """Forename, surname and date of birth of pupils, as the latest file that names them has them."""
    named = (
        store.frame("identities")
        .filter(pl.col("pupil").is_in(list(keys)))
        .sort("year")
        .unique("pupil", keep="last", maintain_order=True)
        .select(
            "pupil",
            pl.concat_str(
                "forename",
                "surname",
                pl.col("date_of_birth").cast(pl.String),
                separator=" ",
                ignore_nulls=True,
            ),
        )
        .collect()
    )
    return dict(named.iter_rows())


def bar(pupil: Pupil, by: By, because: Because) -> None:
    """Bar a pupil from being matched with any other UPN, as after an adoption. The next run keeps them apart.

    Example: headway bar H801200001001 --by "A. Officer" --because "request of the virtual school"
    """
    store = open_store()
    key = pupil_of(store, pupil)
    with told(ValueError):
        decision = matching.bar(store, key, by=by, reason=because)
    out.print(
        f"{shown_key(key)} is matched with nobody from now on ({decision.at}). headway run counts anew."
    )


def lift_bar(pupil: Pupil, by: By, because: Because) -> None:
    """Let a pupil be matched again.

    Example: headway lift-bar H801200001001 --by "A. Officer" --because "set for the wrong pupil"
    """
    store = open_store()
    key = pupil_of(store, pupil)
    if key not in matching.barred(store):
        raise UserError(f"{shown_key(key)} is not barred. Nothing was done.")
    with told(ValueError):
        matching.lift_bar(store, key, by=by, reason=because)
    out.print(f"{shown_key(key)} may be matched again. headway run counts anew.")


def forget(
    pupil: Pupil,
    because: Because,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
) -> None:
    """Erase one pupil everywhere in the store. It cannot be undone; figures of finished runs stand.

    A file loaded later brings the pupil back: mend it at its source too.

    Example: headway forget H801200001001 --because "request for erasure, 12 May" --yes
    """
    store = open_store()
    key = pupil_of(store, pupil)
    if not because.strip():
        raise UserError("Say with --because why the pupil is erased; it is kept on record.", exit_code=2)
    if not yes:
        typer.confirm(
            f"Erase {shown_key(key)} from every table, set-aside file and run? This cannot be undone.",
            abort=True,
        )
    with told(ValueError):
        erased = purging.forget(store, key, because=because)
    for table, years in sorted(erased.rows.items()):
        out.print(
            f"  {table}: {count_of(sum(years.values()), 'row')} of {', '.join(map(str, sorted(years)))}"
        )
    for name in erased.set_aside:
        out.print(f"  rows set aside: {name}", markup=False)
    out.print(f"{shown_key(key)} is erased. The next run counts the pupil no more.")


def changes(
    before: Annotated[datetime, typer.Option(formats=_DAY, help="The earlier day.")],
    after: Annotated[datetime, typer.Option(formats=_DAY, help="The later day.")],
    authority: Annotated[
        str | None, typer.Option(help="Only schools of this authority: its three-digit code.")
    ] = None,
    json: Json = False,
) -> None:
    """What changed in the register between two days: opened, closed, converted, new head, moved trust …

    Example: headway changes --before 2025-09-01 --after 2026-09-01 --authority 936
    """
    if after <= before:
        raise UserError("--after must be a later day than --before.", exit_code=2)
    store = open_store()
    _refuse_without_register(store)
    found = register_changes.changes(store, before.date(), after.date())
    if authority is not None:
        found = found.filter(pl.col("authority") == authority_of(authority).partition(":")[2])
    if json:
        print_json(found)
        return
    title = f"Changes in the register from {before.day} {before:%B %Y} to {after.day} {after:%B %Y}"
    columns = ("organisation", "name", "change", "was", "now", "date")
    _print_rows(title, columns, found, "Nothing that the register tells has changed between these days.")


def review(
    authority: Annotated[
        str | None, typer.Option(help="Only schools of this authority: its three-digit code.")
    ] = None,
    json: Json = False,
) -> None:
    """Predecessors and successors that the register leaves open: no history is carried over until somebody has looked.

    Example: headway review --authority 936
    """
    store = open_store()
    _refuse_without_register(store)
    known = organisations(store)
    found = successions.review(store.frame("links").collect(), known)
    if authority is not None:
        code = authority_of(authority).partition(":")[2]
        mine = known.filter(pl.col("authority") == code)["organisation"].implode()
        found = found.filter(pl.col("organisation").is_in(mine) | pl.col("predecessor").is_in(mine))
    if json:
        print_json(found)
        return
    columns = ("organisation", "predecessor", "date", "because", "suggestion")
    _print_rows("Links to look at", columns, found, "No link is open to doubt.")


def _refuse_without_register(store: Store) -> None:
    if not store.paths("organisations"):
        raise UserError("No register is loaded. Load the files of Get Information About Schools first.")


def _print_rows(title: str, columns: tuple[str, ...], rows: pl.DataFrame, otherwise: str) -> None:
    if rows.is_empty():
        out.print(otherwise)
        return
    cells = ([str(row[name] or "") for name in columns] for row in rows.head(SHOWN).iter_rows(named=True))
    print_table(title, [name.capitalize() for name in columns], cells)
    if rows.height > SHOWN:
        out.print(f"… and {rows.height - SHOWN:,} more. All of them: --json")


COMMANDS = (matches, bar, lift_bar, forget, changes, review)
