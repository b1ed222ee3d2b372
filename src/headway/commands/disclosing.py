"""Commands that decide what may leave: disclose, releases."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from headway.commands.evidence import Json
from headway.commands.naming import authority_of
from headway.commands.options import Measures, Years
from headway.commands.output import UserError, open_store, out, print_json, print_table, progress_bar, told
from headway.commands.selection import HEADLINES, checked_measures, latest_run
from headway.figures import releases as releasing

PANEL = "Disclosure"


def disclose(
    release: Annotated[str, typer.Argument(help="The release's name; declared by the first call.")],
    audience: Annotated[str, typer.Option(help="governors, other_schools, councillors, public, school …")],
    authority: Annotated[str | None, typer.Option(help="Declare: the authority's three-digit code.")] = None,
    year: Years = None,
    measure: Measures = None,
    what_if: Annotated[
        str | None, typer.Option("--what-if", help="Ask what another rule would hide; keeps nothing.")
    ] = None,
    json: Json = False,
) -> None:
    """Decide what an audience may see of a whole release, prove it, and print the report to be signed.

    Examples: headway disclose "KS2 2019" --authority 936 --year 2019 --audience governors ·
    headway disclose "KS2 2019" --audience public --what-if eleven
    """
    store = open_store()
    with told(releasing.ReleaseError, ValueError):
        if authority is not None:
            if not year:
                raise UserError(
                    "Say which years the release holds: --year 2019, several times for several.", exit_code=2
                )
            chosen = releasing.declare(
                store,
                latest_run(store),
                release,
                authority=authority_of(authority),
                years=year,
                measures=checked_measures(measure) or HEADLINES,
            )
        else:
            chosen = releasing.release(store, release)
        with progress_bar("Deciding") as bar:
            decision = releasing.decide(store, chosen, audience, what_if=what_if, progress=bar)
    if json:
        holds = decision.report.holds
        print_json([{"release": release, "audience": audience, "holds": holds, **decision.report.as_dict()}])
    else:
        out.print(decision.report.to_text(), markup=False, soft_wrap=True)
    if not decision.report.holds:
        raise UserError(
            "This does not hold: small counts can still be worked out (unsafe, above). Nothing may be shown of it, and "
            "nothing was kept. Declare a release with fewer groups or measures, and report the case to Headway's makers."
        )
    if json:
        return
    if what_if:
        out.print(f"This is what the rule {what_if} would do. Nothing was kept.", markup=False)
    else:
        out.print(
            f'Next: headway export --authority CODE --audience {audience} --release "{release}"', markup=False
        )


def releases(json: Json = False) -> None:
    """List the releases and for whom each is decided.

    Example: headway releases
    """
    found = releasing.releases(open_store())
    if json:
        print_json({**asdict(one.declaration), "decided_for": _decided_for(one)} for one in found)
        return
    if not found:
        out.print(
            "There is no release yet. Type: headway disclose NAME --authority CODE --year YEAR --audience AUDIENCE"
        )
        return
    print_table(
        "",
        ("Release", "Authority", "Years", "Measures", "Run", "Decided for"),
        (
            (
                one.declaration.name,
                one.declaration.authority,
                ", ".join(map(str, one.declaration.years)),
                str(len(one.declaration.measures)),
                one.declaration.run,
                ", ".join(_decided_for(one)),
            )
            for one in found
        ),
    )


def _decided_for(one: releasing.StoredRelease) -> list[str]:
    return sorted(path.name.split(".")[-2] for path in one.folder.glob("decisions/*.parquet"))


COMMANDS = (disclose, releases)
