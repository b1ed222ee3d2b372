"""Commands that run the service and keep it safe: serve, worker, manage, backup, restore."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from headway.commands import service_children as children
from headway.commands.output import UserError, aside, count_of, home, out, progress_bar
from headway.commands.service_ground import (
    bring_database_up_to_date,
    make_folder,
    make_ready,
    service_folder,
    set_up_django,
)

PANEL = "The service"
_WEB, _WORKER = "headway.commands.service_web", "headway.commands.service_worker"


def serve(
    port: Annotated[int, typer.Option(help="The port to serve at.", min=1, max=65535)] = 8000,
    host: Annotated[
        str, typer.Option(help="The address to serve at; 127.0.0.1 serves this machine only.")
    ] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Processes that answer, each four at a time.", min=1)] = 2,
) -> None:
    """Run the service on this machine: its pages and its background worker together. Ctrl-C ends both.

    Examples: headway serve · headway serve --port 8080 --workers 4
    """
    start(port=port, host=host, workers=workers)


def start(*, port: int, host: str, workers: int) -> None:
    """Make ready what is not, and serve until asked to end. Raises `typer.Exit(1)` where a process fails for good."""
    if sys.platform == "win32":
        raise UserError(
            "The service needs Linux or macOS; on Windows use it in WSL. The figures work here too."
        )
    children.check_port(host, port)
    make_ready()
    if host not in ("127.0.0.1", "localhost", "::1") and not os.environ.get("HEADWAY_HOSTS"):
        aside.print(
            "Other machines will be refused until HEADWAY_HOSTS names what they type, such as headway.example.gov.uk.",
            markup=False,
            soft_wrap=True,
        )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{'localhost' if host in ('127.0.0.1', '::1') else shown}:{port}/"
    web = children.Child("web server", children.python("-m", _WEB, f"{shown}:{port}", str(workers)))
    worker = children.Child("background worker", children.python("-m", _WORKER))

    def tell(message: str) -> None:
        if message == "ready":
            out.print(f"The service is open at {address} (end it with Ctrl-C).", style="bold")
            if first_person_missing():
                out.print(
                    'Nobody can sign in yet. In another terminal: headway manage first_administrator EMAIL "NAME"'
                )
        else:
            aside.print(message, markup=False, soft_wrap=True)

    code = children.run_together([web, worker], tell=tell, ready=lambda: children.answers(host, port))
    if code:
        raise typer.Exit(code)
    out.print("The service has ended.")


def first_person_missing() -> bool:
    """Whether nobody has an account yet. Needs Django to be set up."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    missing = not get_user_model().objects.exists()
    connection.close()
    return missing


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Do what is waiting, then end.")] = False,
) -> None:
    """Run a background worker by itself, beside web servers that you run yourself.

    Example: headway worker
    """
    from headway.commands.service_worker import work

    work(drain=drain)


def manage(context: typer.Context) -> None:
    """Looking after the service: first_administrator, forget_second_factor, purge_audit, migrate, check and the like.

    Examples: headway manage first_administrator pat@example.gov.uk "Pat Lee" · headway manage check --deploy
    """
    if not os.environ.get("HEADWAY_SECRET_KEY") and not (service_folder() / "secret.key").exists():
        make_ready()
    set_up_django()
    from django.core.management import ManagementUtility

    utility = ManagementUtility(["headway manage", *context.args])
    utility.execute()


manage.settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}  # type: ignore[attr-defined]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; never overwrites.")],
    keys: Annotated[
        Path | None, typer.Option(help="Write the keys to this file too; keep it elsewhere than the backup.")
    ] = None,
) -> None:
    """Back up database, store and documents as they stand at one moment. The service may run meanwhile.

    Examples: headway backup /backups/monday.zip · headway backup monday.zip --keys headway.keys
    """
    from headway.commands import service_backup

    make_folder()
    set_up_django()
    with progress_bar("Taking a picture") as bar:
        made = service_backup.back_up(file, home().resolve(), keys_to=keys, progress=bar)
    _note("backed up the service", {"file": file.name, "files": len(made.files)})
    size = file.stat().st_size / 1e6
    out.print(
        f"{file}: {count_of(len(made.files), 'file')}, {size:,.1f} MB, read back and compared.", markup=False
    )
    if keys is None:
        out.print(
            "The keys are not in it. Keep them too, once, and elsewhere: headway backup FILE --keys KEYS",
            markup=False,
            soft_wrap=True,
        )
    else:
        out.print(
            f"{keys} holds the keys. Keep it elsewhere: with both anybody could read everything.",
            markup=False,
        )


def restore(
    file: Annotated[Path, typer.Argument(help="What headway backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
    keys: Annotated[
        Path | None, typer.Option(help="What headway backup --keys wrote, on a new machine.")
    ] = None,
) -> None:
    """Put a backup back, whole or not at all. The service must not run.

    Examples: headway restore monday.zip --keys headway.keys · headway restore monday.zip --replace
    """
    from headway.commands import service_restore

    set_up_django(without_key=True)
    with progress_bar("Checking the backup") as bar:
        made = service_restore.restore(file, home().resolve(), replace=replace, keys_from=keys, progress=bar)
    if made.database:
        bring_database_up_to_date()
        _note("restored the service", {"file": file.name, "made_at": made.made_at})
    out.print(f"Everything is as it was on {made.day}. Open it: headway serve", markup=False)


def _note(verb: str, detail: dict[str, object]) -> None:
    """What was done at the machine, in the audit trail, where there is one yet."""
    from django.db import DatabaseError, transaction

    from headway.web.audit.actions import record

    try:
        with transaction.atomic():
            record(verb, by=None, detail=detail)
    except DatabaseError:
        pass


COMMANDS = (serve, worker, manage, backup, restore)
