"""`headway demo`: the example authority from its files to the open service. Built once, used again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

import headway
from headway.commands import service
from headway.commands.output import (
    UserError,
    count_of,
    open_store,
    out,
    print_table,
    progress_bar,
    told,
)
from headway.commands.service_children import check_port
from headway.commands.service_ground import make_ready
from headway.figures import loading
from headway.figures import run as running
from headway.figures.store import Receipt, Store
from headway.web.design import presence

PANEL = "The service"
PORT = 8000
SCHOOL = "school:900145"
"""A primary school of usual size with results of every summer."""
TRUST = "trust:99001"
RELEASE = "Key stages to 2024"
CASELOAD = 12
"""Schools that the example's link adviser looks after."""
_NOTE = "demo.json"
_STORE = ("figures/**/*.py", "figures/**/*.toml", "example/**/*.py")
"""The code and the rules from which files, store and figures come."""
_SERVICE = ("web/*/migrations/*.py", "web/*/example.py", "web/standards/*.py", "commands/publishing.py")
"""The code from which the service's database and releases come."""
_BUILT = ("files", "store", "truth.parquet", "served.txt")


@dataclass(frozen=True)
class Note:
    """What a demonstration folder says of itself: from which code its store and its service were built, and how its
    people sign in."""

    store: str = ""
    service: str = ""
    password: str = ""
    secret: str = ""


def demo(
    folder: Annotated[Path, typer.Option(help="Where to build it.")] = Path(".demo"),
    port: Annotated[int, typer.Option(help="The port to serve at.", min=1, max=65535)] = PORT,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build it and stop.")] = False,
) -> None:
    """Build an example authority, compute its figures, publish them, and open the service on it. All of it is synthetic.

    Examples: headway demo · headway demo --no-serve · headway demo --port 8080
    """
    from headway.commands import figures
    from headway.example.authority import AUTHORITY

    closed = no_serve or bool(os.environ.get("CI"))
    if not closed:
        check_port("127.0.0.1", port)
    note = build(folder)
    out.print("")
    figures.headlines(
        authority=AUTHORITY,
        audience="data_officer",
        release=None,
        measure=None,
        everything=False,
        year=None,
        groups=False,
        json=False,
    )
    out.print("")
    where = "" if folder == Path(".demo") else f" --folder {folder}"
    _introduce(note, where)
    if closed:
        out.print(f"The service is built. Open it: {_program()} demo{where}", markup=False)
        return
    out.print("")
    service.start(port=port, host="127.0.0.1", workers=2)


def demo_code(
    folder: Annotated[Path, typer.Option(help="Where the demonstration was built.")] = Path(".demo"),
) -> None:
    """The code that an authenticator app of the demonstration's people would show now.

    Example: headway demo-code
    """
    from headway.example.people import MadePeople

    note = _read(folder)
    if not note.secret:
        raise UserError("There is no demonstration here yet. Type: headway demo")
    out.print(MadePeople({}, note.password, note.secret).code)


demo_code.called = "demo-code"  # type: ignore[attr-defined]


def build(folder: Path, *, only: Sequence[str] = ("*",), years: Sequence[int] | None = None) -> Note:
    """The example authority in a folder: files, store, a run, and the service with its schools, releases and people.

    What is there already, built from the same code, is used again. `only` limits the files to patterns, and `years` what is
    published, where less will do. Sets HEADWAY_HOME to the store. Raises `UserError` for a folder that holds something else.
    """
    os.environ["HEADWAY_HOME"] = str((folder / "store").resolve())
    for name in ("HEADWAY_DATABASE_URL", "HEADWAY_SECRET_KEY"):
        os.environ.pop(name, None)  # a demonstration never touches a real service
    note = _read(folder)
    if folder.exists() and not {each.name for each in folder.iterdir()} <= {_NOTE, *_BUILT}:
        raise UserError(
            f"{folder} holds something that is no demonstration. Remove it, or choose another folder: "
            "headway demo --folder FOLDER"
        )
    wanted = f"{_fingerprint(*_STORE)} {' '.join(only)}"
    wanted_service = f"{_fingerprint(*_STORE, *_SERVICE)} {years}"
    if (note.store, note.service) != (wanted, wanted_service):
        _nobody_uses(folder / "store")
    if note.store != wanted:
        _empty(folder)
        note = Note()
        _write(folder, note)
        _build_store(folder, only)
        note = Note(store=wanted)
        _write(folder, note)
    if note.service != wanted_service:
        note = _build_service(folder, note, wanted_service, years)
        _write(folder, note)
    else:
        make_ready()
    return note


def _nobody_uses(home: Path) -> None:
    with presence.alone(home) as alone:
        if not alone:
            raise UserError(
                "This demonstration is open already, and would be built anew. End it first (Ctrl-C)."
            )


def _build_store(folder: Path, only: Sequence[str]) -> None:
    from headway.example import write_example_authority

    example = write_example_authority(folder / "files")
    example.truth.write_parquet(folder / "truth.parquet")
    chosen = [path for path in example.files if any(path.match(pattern) for pattern in only)]
    store = open_store()
    with progress_bar("Loading") as bar, told():
        outcomes = loading.load(store, chosen, progress=bar)
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    rows = sum(receipt.rows_accepted for receipt in accepted)
    aside_rows = sum(receipt.rows_set_aside for receipt in accepted)
    out.print(
        f"Loaded {count_of(len(accepted), 'file')}: {rows:,} rows accepted, {aside_rows} set aside with their reasons"
        f"{f', {len(refused)} files refused' if refused else ''}.",
    )
    with progress_bar("Computing") as bar, told(ValueError):
        running.run(store, progress=bar)


def _build_service(folder: Path, note: Note, code: str, years: Sequence[int] | None) -> Note:
    shutil.rmtree(folder / "store" / "service", ignore_errors=True)
    make_ready()
    store = open_store()
    cluster = _schools(store)
    _publish(years)
    return _people(note, code, cluster)


def _schools(store: Store) -> str:
    """The register's schools in the service's database, and what the example adds. Returns the key of a cluster."""
    from headway.web.schools.example import make_example_schools

    return make_example_schools(store).cluster


def _publish(years: Sequence[int] | None) -> None:
    """The authority's figures, for itself and its schools."""
    from headway.commands.publishing import publish
    from headway.example.authority import AUTHORITY

    publish(
        name=RELEASE,
        authority=AUTHORITY,
        national=False,
        year=list(years) if years else None,
        measure=None,
        group=None,
        audience=None,
        state="validated",
        visibility="schools",
        take_back=False,
        why="",
        list_=False,
        json=False,
    )


def _people(note: Note, code: str, cluster: str) -> Note:
    from headway.example.authority import AUTHORITY
    from headway.example.people import make_people

    made = make_people(
        scopes={"authority": f"authority:{AUTHORITY}", "trust": TRUST, "cluster": cluster, "school": SCHOOL},
        caseload=[f"school:{int(SCHOOL.partition(':')[2]) + step}" for step in range(CASELOAD)],
        password=note.password or None,
        secret=note.secret or None,
    )
    _records(made.users)
    return Note(note.store, code, made.password, made.secret)


def _records(users: dict[str, Any]) -> None:
    """What the example people keep of their schools: contacts, key dates, notes."""
    from headway.web.schools.example import make_example_schools

    make_example_schools(open_store(), users)


def _introduce(note: Note, where: str) -> None:
    """Who may be signed in as, and how."""
    from django.contrib.auth import get_user_model

    from headway.example.people import DOMAIN, GOES_WITHOUT, PEOPLE
    from headway.web.people.roles import ROLES

    there = set(get_user_model().objects.filter(email__endswith=DOMAIN).values_list("email", flat=True))
    print_table(
        "Sign in as one of these. All of it is synthetic.",
        ("Role", "Name", "E-mail address", "Asks for a code"),
        (
            (ROLES[one.role].title, one.name, one.email, "no" if one.role in GOES_WITHOUT else "yes")
            for one in PEOPLE
            if one.email in there
        ),
    )
    out.print(f"Password of all: {note.password}", markup=False)
    out.print(
        f"Code: {_program()} demo-code{where} (or put this secret into an authenticator app: {note.secret})",
        markup=False,
    )


def _program() -> str:
    return ".venv/bin/headway" if Path(sys.argv[0]).parent.name == "bin" else "headway"


def _fingerprint(*patterns: str) -> str:
    """Tells whether the code that these patterns name is the same as it was."""
    package = Path(headway.__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in package.glob(pattern)):
        found.update(path.relative_to(package).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _empty(folder: Path) -> None:
    for name in (*_BUILT, _NOTE):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _read(folder: Path) -> Note:
    try:
        return Note(**json.loads((folder / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Note()


def _write(folder: Path, note: Note) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_NOTE}.new"
    draft.write_text(json.dumps(asdict(note), indent=1), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(folder / _NOTE)


COMMANDS = (demo, demo_code)
