"""Publishing figures to the service: publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from headway.commands.evidence import Json
from headway.commands.naming import authority_of
from headway.commands.options import Measures, Years
from headway.commands.output import (
    UserError,
    count_of,
    open_store,
    out,
    print_json,
    print_table,
    progress_bar,
    told,
)
from headway.commands.selection import HEADLINES, checked_measures, latest_run
from headway.commands.service_ground import make_folder, set_up_django
from headway.figures import disclosure, releases
from headway.figures.measures.groups import BY_KEY
from headway.figures.releases import Declaration, StoredRelease
from headway.figures.store import Store

if TYPE_CHECKING:
    from headway.web.standards.making import Made
    from headway.web.standards.models import Release

PANEL = "The service"
AUDIENCES = ("data_officer", "school", "governors", "councillors", "other_schools")
"""Audiences of which the service has readers."""
GROUPS = ("disadvantaged", "other")
"""Groups shown, of the latest year, to audiences that do not see everything: the ones that schools are asked about."""
_CONTEXT = (
    "ks2_science_expected", "ks2_gps_average", "absence_authorised", "absence_unauthorised", "absence_severe",
)  # fmt: skip


def publish(
    name: Annotated[str | None, typer.Argument(help="The release's name, such as “KS2 2024”.")] = None,
    authority: Annotated[str | None, typer.Option(help="The authority's three-digit code.")] = None,
    national: Annotated[
        bool, typer.Option("--national", help="Every school, for those who see everything whole.")
    ] = False,
    year: Years = None,
    measure: Measures = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            help="A group shown, of the latest year, to audiences that do not see everything; may be repeated. "
            "The fewer, the less must be hidden.",
        ),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option("--audience", help="For whom; all that the service has, where not given."),
    ] = None,
    state: Annotated[str | None, typer.Option(help="provisional (where not given) or validated.")] = None,
    visibility: Annotated[
        str | None, typer.Option(help="data_team (where not given), authority or schools.")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take the release back: nobody sees it from now on.")
    ] = False,
    why: Annotated[str, typer.Option(help="Why it is taken back.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="List what was published, and stop.")] = False,
    json: Json = False,
) -> None:
    """Publish figures to the service: decided for every audience, written once, never changed. Or take them back.

    Examples: headway publish "KS2 2024" --authority 936 · headway publish "KS2 2024" --visibility schools ·
    headway publish "KS2 2024" --take-back --why "Wrong file" · headway publish --list
    """
    _ready()
    if list_:
        _list(json)
        return
    if not name:
        raise UserError('Say under which name: headway publish "KS2 2024" --authority 936', exit_code=2)
    found = _published(name)
    if take_back or (found is not None and authority is None and not national):
        if year or measure or group or audience:
            raise UserError(
                "What was published under a name is never changed: leave out --year, --measure, --group and --audience, or "
                "choose another name.",
                exit_code=2,
            )
        _change(name, found, take_back=take_back, why=why, state=state, visibility=visibility, json=json)
        return
    _check(state, visibility)
    if found is not None:
        raise UserError(
            f"There was a release {name} before: what was published under a name is never changed. Choose another name."
        )
    store = open_store()
    measures = checked_measures(measure)
    if national:
        if authority or group or (audience and set(audience) != {"data_officer"}):
            raise UserError(
                "A national release is for those who see everything whole, every group of pupils: leave out --authority, "
                "--audience and --group.",
                exit_code=2,
            )
        made = _national(store, name, year, measures)
    else:
        made = _of_authority(store, name, authority, year, measures, group, audience)
    _register(made, state or "provisional", visibility or "data_team", json=json)


def _ready() -> None:
    make_folder()
    set_up_django()
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise UserError(f"The service's database does not answer: {str(error).strip()}") from error


def _check(state: str | None, visibility: str | None) -> None:
    from headway.web.standards.models import STATES, VISIBILITIES

    for given, known, option in ((state, STATES, "--state"), (visibility, VISIBILITIES, "--visibility")):
        if given is not None and given not in known:
            raise UserError(f"{option} may be {', '.join(known)}; it is not {given!r}.", exit_code=2)


def _published(name: str) -> Release | None:
    from headway.web.standards.models import Release

    found: Release | None = Release.objects.filter(name=name).first()
    return found


def _of_authority(
    store: Store,
    name: str,
    authority: str | None,
    years: list[int] | None,
    measures: list[str] | None,
    groups: list[str] | None,
    audiences: list[str] | None,
) -> Made:
    from django.conf import settings

    from headway.web.standards import making
    from headway.web.standards.reading import folder

    with told(releases.ReleaseError, ValueError):
        chosen = [disclosure.settings().audience(one).key for one in audiences or AUDIENCES]
        for one in groups or ():
            if one not in BY_KEY:
                raise UserError(f"There is no group {one}. Groups: {', '.join(BY_KEY)}", exit_code=2)
        stored = _declared(store, name, authority, years, measures, groups)
        settings.SERVICE.mkdir(parents=True, exist_ok=True)
        with progress_bar("Deciding") as bar:
            return making.make(store, stored, chosen, folder(), progress=bar)


def _declared(
    store: Store,
    name: str,
    authority: str | None,
    years: list[int] | None,
    measures: list[str] | None,
    groups: list[str] | None,
) -> StoredRelease:
    """The release declared under this name (by `headway disclose`, or a publishing that was stopped) where it is what is
    asked for, or a new one."""
    known: StoredRelease | None
    if authority is None:
        known = releases.release(store, name)
        code = known.declaration.authority
    else:
        known = next((one for one in releases.releases(store) if one.declaration.name == name), None)
        code = authority_of(authority)
    if known is not None:
        declared = known.declaration
        if declared.authority != code or not _is_as_asked(declared, years, measures, groups):
            raise UserError(
                f"The release {name} is declared already, and what was declared is not changed. Publish it as it is: "
                f'headway publish "{name}". Or choose another name.'
            )
        return known
    run = latest_run(store)
    wanted = measures or [*HEADLINES, *_CONTEXT]
    rows = run.results().filter((pl.col("organisation") == code) & pl.col("measure").is_in(wanted))
    there = rows.select(pl.col("year").unique().sort()).collect()["year"].to_list()
    held = sorted(set(years or there))
    if not held:
        raise UserError(f"There are no such figures of authority {authority} in {run.id}.")
    opened = releases.Opened(tuple(groups or GROUPS), held[-1])
    return releases.declare(store, run, name, authority=code, years=held, measures=wanted, opened=opened)


def _is_as_asked(
    declared: Declaration, years: list[int] | None, measures: list[str] | None, groups: list[str] | None
) -> bool:
    """Whether a release holds what is asked for; what was not named is as it was declared."""
    opened = declared.opened.groups if declared.opened else ()
    return (
        (not years or set(years) == set(declared.years))
        and (not measures or set(measures) == set(declared.measures))
        and (not groups or set(groups) == set(opened))
    )


def _national(store: Store, name: str, years: list[int] | None, measures: list[str] | None) -> Made:
    from headway.web.standards import making
    from headway.web.standards.reading import folder

    with told(releases.ReleaseError), progress_bar("Writing") as bar:
        return making.make_national(
            latest_run(store),
            name,
            folder(),
            years=years,
            measures=measures or [*HEADLINES, *_CONTEXT],
            progress=bar,
        )


def _register(made: Made, state: str, visibility: str, *, json: bool) -> None:
    from headway.web.standards import actions

    with told(actions.CannotPublish):
        release = actions.publish(made=made, state=state, visibility=visibility, by=None)
    if json:
        print_json([_as_row(release)])
        return
    size = sum(one.written.size for one in made.files) / 1e6
    out.print(
        f"Published {release.name}: {release.state}, for {release.visibility_title.lower()}. "
        f"{count_of(len(made.files), 'file')}, {size:,.1f} MB.",
        markup=False,
        soft_wrap=True,
    )
    print_table(
        "",
        ("Audience", "Figures", "Small", "Hidden to protect them"),
        (
            (audience, f"{report['figures']:,}", f"{report['primary']:,}", f"{report['secondary']:,}")
            for audience, report in made.reports.items()
        ),
        right=("Figures", "Small", "Hidden to protect them"),
    )
    if visibility != "schools":
        out.print(f'Next: headway publish "{release.name}" --visibility schools', markup=False)


def _change(
    name: str,
    found: Release | None,
    *,
    take_back: bool,
    why: str,
    state: str | None,
    visibility: str | None,
    json: bool,
) -> None:
    from headway.web.standards import actions

    _check(state, visibility)
    if found is None:
        raise UserError(f"No release {name} was published. What was: headway publish --list")
    if not (take_back or state or visibility):
        raise UserError(
            f"The release {name} is published already. Say what is to change: --visibility, --state or --take-back.",
            exit_code=2,
        )
    with told(actions.CannotPublish):
        if take_back:
            found = actions.take_back(release_id=found.pk, why=why, by=None)
        if state:
            found = actions.declare_state(release_id=found.pk, state=state, by=None)
        if visibility:
            found = actions.show_to(release_id=found.pk, visibility=visibility, by=None)
    if json:
        print_json([_as_row(found)])
    elif take_back:
        out.print(f"{name} is taken back. Nobody sees it any more.", markup=False)
    else:
        out.print(f"{name} is {found.state}, for {found.visibility_title.lower()}.", markup=False)


def _list(json: bool) -> None:
    from headway.web.standards.models import Release

    found = list(Release.objects.prefetch_related("files"))
    if json:
        print_json(_as_row(one) for one in found)
        return
    if not found:
        out.print('Nothing was published yet. Type: headway publish "KS2 2024" --authority 936')
        return
    print_table(
        "",
        ("Release", "Of", "Years", "Published", "State", "For"),
        (
            (
                one.name,
                one.scope,
                f"{one.years[0]}–{one.years[-1]}" if len(one.years) > 1 else str(one.years[0]),
                f"{one.published_at:%d %b %Y %H:%M}",
                one.state if one.is_live else "taken back",
                one.visibility_title if one.is_live else "nobody",
            )
            for one in found
        ),
    )


def _as_row(one: Release) -> dict[str, object]:
    return {
        "release": one.name,
        "of": one.scope,
        "years": one.years,
        "measures": one.measures,
        "run": one.run,
        "state": one.state,
        "visibility": one.visibility,
        "published_at": one.published_at,
        "taken_back_at": one.taken_back_at,
        "files": [
            {"audience": file.audience, "view": file.view, "table": file.table, "order": file.order,
             "rows": file.rows, "bytes": file.size, "sha256": file.sha256}
            for file in one.files.all()
        ],
    }  # fmt: skip


COMMANDS = (publish,)
