"""A PostgreSQL server for the length of a test run, reachable through a socket only."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote


def _programs() -> Path | None:
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None
    )


def is_installed() -> bool:
    """Whether there is a PostgreSQL server to start."""
    programs = _programs()
    return programs is not None and (programs / "initdb").exists()


def temporary_server() -> str:
    """Start the newest PostgreSQL installed, in a folder of its own; returns its URL. It goes when the process does.

    PostgreSQL refuses to run as root, so there it runs as the user `postgres`.
    """
    programs = _programs()
    if programs is None:
        raise RuntimeError("HEADWAY_TEST_DATABASE=postgresql needs a PostgreSQL server: install `postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="headway-postgresql-", dir="/tmp"))
    as_whom = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_whom = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_whom, str(programs / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "headway", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    settings = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    )
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", settings, "start")

    def stop() -> None:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return f"postgresql://headway@{quote(str(folder), safe='')}/postgres"
