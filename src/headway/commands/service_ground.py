"""What the service stands on, made ready at its first start: its folder, secret key, database and assets."""

from __future__ import annotations

import io
import os
import secrets
from pathlib import Path

from headway.commands.output import UserError, home

KEY = "secret.key"


def service_folder() -> Path:
    """Where the service keeps its database, key, documents and assets: `service` beside the store."""
    return home().resolve() / "service"


def make_folder() -> Path:
    """The folder of the service and its secret key, made if they are not there; nobody else on the machine may read them.

    Raises `UserError` where the folder cannot be written.
    """
    folder = service_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        if not os.environ.get("HEADWAY_SECRET_KEY") and not (folder / KEY).exists():
            _write_key(folder / KEY)
    except OSError as error:
        raise UserError(
            f"Headway may not write to {error.filename or folder}. Choose another folder with the environment variable "
            "HEADWAY_HOME."
        ) from error
    return folder


def _write_key(path: Path) -> None:
    """Whole or not at all: two processes that start at once end with one and the same key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def set_up_django(*, without_key: bool = False) -> None:
    """Read the settings; `without_key` where nothing will be signed and the key may not be there yet. What a killed
    restoring left is finished first. Raises `UserError` where a setting is unusable."""
    from headway.commands import service_restore

    service_restore.finish(home().resolve())
    os.environ["HEADWAY_HOME"] = str(home().resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    stand_in = (
        without_key and not os.environ.get("HEADWAY_SECRET_KEY") and not (service_folder() / KEY).exists()
    )
    if stand_in:
        os.environ["HEADWAY_SECRET_KEY"] = secrets.token_urlsafe(50)
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise UserError(str(error)) from error
    finally:
        if stand_in:
            del os.environ["HEADWAY_SECRET_KEY"]


def bring_database_up_to_date() -> None:
    """Every table as this version needs it. Raises `UserError` where the database does not answer. Needs Django set up."""
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise UserError(f"{_database_in_words()} does not answer: {str(error).strip()}") from error


def make_ready() -> None:
    """Bring the database up to this version and lay out the assets, at the first start and after an upgrade.

    Raises `UserError` where the database does not answer, or the assets were never built.
    """
    make_folder()
    set_up_django()
    from django.conf import settings
    from django.core.management import call_command

    if not any(
        (folder / "built" / "headway.css").exists() for folder in map(Path, settings.STATICFILES_DIRS)
    ):
        raise UserError(
            "The service's assets are not built, so its pages would have no style. In the checkout: "
            "sh scripts/set-up.sh run (or npm ci && npm run build)."
        )
    bring_database_up_to_date()
    call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())


def _database_in_words() -> str:
    from django.db import connection

    named = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"The database {named['NAME']}"
    return f"The database {named['NAME']} at {named['HOST'] or 'this machine'}"
