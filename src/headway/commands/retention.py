"""Command for the retention schedule: what is kept for how long, what is past its date, and erasing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from headway.commands.evidence import Json
from headway.commands.output import UserError, open_store, out, print_json, print_table, progress_bar, told
from headway.commands.service_ground import bring_database_up_to_date, service_folder, set_up_django

if TYPE_CHECKING:
    from headway.web.people.models import User

PANEL = "The service"


def retention(
    due: Annotated[bool, typer.Option("--due", help="Only what is past its date.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Erase what is past its date.")] = False,
    by: Annotated[str, typer.Option(help="With --apply: the e-mail address of whoever decided it.")] = "",
    json: Json = False,
) -> None:
    """How long each kind of record is kept, what is past its date, and erasing that. Figures counted from it stand.

    Examples: headway retention · headway retention --due · headway retention --apply --by officer@northmoor.example
    """
    if not service_folder().exists() and "HEADWAY_DATABASE_URL" not in os.environ:
        raise UserError("There is no service here yet. For the store alone: headway purge --dry-run")
    set_up_django()
    bring_database_up_to_date()
    if apply:
        _erase(by, json=json)
    elif due:
        _show_due(json=json)
    else:
        _show_schedule(json=json)


def _show_schedule(*, json: bool) -> None:
    from headway.web.privacy import holdings

    held = holdings.holdings(open_store())
    if json:
        print_json(
            {
                "kind": one.kind.key,
                "title": one.kind.title,
                "held": one.count,
                "kept_for": one.kind.length,
                "from": one.kind.starts,
                "own": one.kind.own,
            }
            for one in held
        )
        return
    print_table(
        "How long records are kept",
        ("Kind of record", "Held", "Kept for", "From", "Set by"),
        (
            [
                one.kind.title,
                f"{one.count:,}",
                one.kind.length,
                one.kind.starts,
                "your authority" if one.kind.own else "Headway",
            ]
            for one in held
        ),
        right=("Held",),
    )


def _show_due(*, json: bool) -> None:
    from headway.web.privacy import erasing

    found = erasing.due(open_store())
    if json:
        print_json({"kind": one.kind.key, "title": one.kind.title, "records": one.count} for one in found)
    elif not found:
        out.print("Nothing is past its date.")
    else:
        out.print("Past its date (nothing is erased by looking):")
        for one in found:
            out.print(
                f"  {one.kind.title}: {one.count:,}{f' of {one.more}' if one.more else ''}", markup=False
            )
        out.print("Erase it with: headway retention --apply --by EMAIL")


def _erase(by: str, *, json: bool) -> None:
    from headway.web.privacy import erasing

    user = _person(by)
    with progress_bar("Erasing") as bar, told(ValueError):
        gone = erasing.erase_due(open_store(), by=user, progress=bar)
    if json:
        print_json({"kind": one.kind.key, "title": one.kind.title, "records": one.count} for one in gone)
    elif not gone:
        out.print("Nothing was past its date.")
    else:
        out.print("Erased:")
        for one in gone:
            out.print(f"  {one.kind.title}: {one.count:,}", markup=False)
        out.print("Figures counted from them stand.")


def _person(email: str) -> User:
    from headway.web.people.access import holds
    from headway.web.people.models import User
    from headway.web.people.permissions import Permission

    user: User | None = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None or not holds(user, Permission.KEEP_RETENTION):
        raise UserError(
            "Say with --by who decided it: the e-mail address of somebody who may erase, such as the head of school "
            "improvement. It is kept on record.",
            exit_code=2,
        )
    return user


COMMANDS = (retention,)
