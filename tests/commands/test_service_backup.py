"""Backup and restore: what comes back is what was there at one moment, and a process killed in between loses nothing."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from browsing import environment
from headway.commands import service_restore
from headway.commands.output import UserError
from headway.commands.service_archive import fingerprint, pack, read_manifest, unpack
from headway.web.design import presence
from web_postgresql import is_installed, temporary_server

pytestmark = pytest.mark.timeout(300)

BEGIN = """
from headway.commands.service_ground import make_ready
make_ready()
from headway.example.people import make_people
scopes = {"authority": "authority:999", "trust": "trust:99001", "school": "school:900145"}
make_people(scopes=scopes, caseload=["school:900145"])
"""
WRITE = """
import sys, time
from headway.commands.service_ground import set_up_django
set_up_django()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from headway.web.audit.actions import record
print("writing", flush=True)
for number in range(10_000):
    name = default_storage.save(f"document-{number}.txt", ContentFile(b"x" * 1000))
    with transaction.atomic():
        record("made a document", by=None, subject=f"document:{name}")
        time.sleep(0.01)
        record("told of a document", by=None, subject=f"document:{name}")
"""
TELL = """
import json
from headway.commands.service_ground import set_up_django
set_up_django()
from django.core.files.storage import default_storage
from headway.web.audit.models import AuditEvent
from headway.web.people.models import User
events = list(AuditEvent.objects.order_by("id").values_list("id", "verb", "by", "subject"))
documents = {event[3] for event in events if event[3].startswith("document:")}
print(json.dumps({
    "events": events,
    "people": sorted(User.objects.values_list("email", "name", "password")),
    "roles": sorted(User.objects.values_list("email", "roles_held__role", "roles_held__scope")),
    "without_file": [name for name in documents if not default_storage.exists(name.removeprefix("document:"))],
}, default=str))
"""


class Home:
    """A home of the service, and commands in it."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.environment = environment(folder, **more)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], env=self.environment, capture_output=True, text=True, check=False
        )

    def python(self, code: str) -> str:
        done = self.run("-c", code)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def headway(self, *arguments: object, code: int = 0) -> str:
        done = self.run("-m", "headway.cli", *map(str, arguments))
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    def figures(self) -> str:
        return self.headway("school", "900145", "--json")

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.python(TELL))
        return found


@pytest.fixture
def service(example: Path) -> Home:
    """The example store with the service's people beside it."""
    home = Home(example)
    home.python(BEGIN)
    return home


def back_up_while_writing(home: Home, tmp_path: Path) -> Path:
    """A backup made in the midst of transactions that write a file and two events each."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITE], env=home.environment, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        time.sleep(0.3)
        said = home.headway("backup", tmp_path / "backup.zip", "--keys", tmp_path / "keys")
        assert "read back and compared" in said
        time.sleep(0.2)
        writer.kill()
    return tmp_path / "backup.zip"


def check_restored(home: Home, figures: str, before: dict[str, Any]) -> None:
    """The same figures and people; of the trail all that was there at one moment, and nothing by halves."""
    after = home.told()
    assert home.figures() == figures
    assert after["people"] == before["people"]
    assert after["roles"] == before["roles"]
    *events, restored = after["events"]
    assert restored[1] == "restored the service"
    assert events == before["events"][: len(events)]
    made = [event[3] for event in events if event[1] == "made a document"]
    told = [event[3] for event in events if event[1] == "told of a document"]
    assert made == told != []
    assert len(events) < len(before["events"])
    assert after["without_file"] == []


def test_what_is_restored_is_what_was_there_at_one_moment_while_others_wrote(
    service: Home, tmp_path: Path
) -> None:
    figures = service.figures()
    file = back_up_while_writing(service, tmp_path)
    before = service.told()
    shutil.rmtree(service.folder)
    said = service.headway("restore", file, code=1)
    assert "--keys" in said
    assert not (service.folder / "service").exists()
    service.headway("restore", file, "--keys", tmp_path / "keys")
    check_restored(service, figures, before)


@pytest.mark.skipif(not is_installed(), reason="needs a PostgreSQL server: install `postgresql`")
def test_a_service_on_postgresql_is_restored_as_well(example: Path, tmp_path: Path) -> None:
    home = Home(example, HEADWAY_DATABASE_URL=temporary_server())
    home.python(BEGIN)
    figures = home.figures()
    file = back_up_while_writing(home, tmp_path)
    before = home.told()
    said = home.headway("restore", file, code=1)
    assert "--replace" in said
    home.headway("restore", file, "--replace")
    check_restored(home, figures, before)


def test_nothing_is_overwritten_unless_asked_and_never_under_a_running_service(
    service: Home, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    service.headway("backup", file)
    people = service.told()["people"]
    assert "exists already" in service.headway("backup", file, code=1)
    assert "holds a store or a service already" in service.headway("restore", file, code=1)
    running = f"""
from pathlib import Path
import time
from headway.web.design.presence import be_present
be_present(Path({str(service.folder)!r}))
print("here", flush=True)
time.sleep(100)
"""
    with subprocess.Popen([sys.executable, "-c", running], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "The service is running" in service.headway("restore", file, "--replace", code=1)
        process.kill()
    (service.folder / "secret.key").write_text("0" * 32)
    assert "is not the one with which the backup was made" in service.headway(
        "restore", file, "--replace", code=1
    )
    assert service.told()["people"] == people


@pytest.mark.long
def test_a_restore_killed_at_any_time_leaves_the_old_or_the_new(service: Home, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    service.headway("backup", file)
    service.python(WRITE.replace("range(10_000)", "range(3)"))
    figures = service.figures()
    for delay in (0.9, 1.5, 2.1):
        process = subprocess.Popen(
            [sys.executable, "-m", "headway.cli", "restore", str(file), "--replace"], env=service.environment
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        service.headway("doctor")
        assert service.figures() == figures
        made = sum(event[1] == "made a document" for event in service.told()["events"])
        assert made in (0, 3)


# The file and the journal, without a service


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A backup of two small folders and a catalogue."""
    folder = tmp_path / "from"
    for name in ("parts/a.parquet", "runs/b.parquet", "service/documents/c.txt", "catalogue.sqlite"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"new {name}" * 1000)
    files = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
    pack(tmp_path / "packed.zip", folder, files, database="", keys={})
    return tmp_path / "packed.zip"


def contents(home: Path) -> dict[str, str]:
    return {
        each.relative_to(home).as_posix(): each.read_text()
        for each in home.rglob("*")
        if each.is_file() and each.suffix != ".lock"
    }


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A home with something else in it: one thing that the backup has too, and one that it has not."""
    home = tmp_path / "home"
    for name in ("parts/z.parquet", "releases/r.parquet", "catalogue.sqlite"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"old {name}")
    return home


def test_a_restoring_killed_at_any_step_is_finished_by_whoever_comes_next(
    packed: Path, old_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_restore, "_check_database", lambda manifest: None)
    whole = tmp_path / "whole"
    shutil.copytree(old_home, whole)
    service_restore.restore(packed, whole, replace=True)
    expected = contents(whole)
    assert "releases/r.parquet" not in expected
    assert expected["parts/a.parquet"].startswith("new")
    taking_its_place = service_restore._finish
    steps: list[str] = []
    trial = tmp_path / "trial"
    shutil.copytree(old_home, trial)
    monkeypatch.setattr(service_restore, "_finish", lambda home: taking_its_place(home, steps.append))
    service_restore.restore(packed, trial, replace=True)
    assert len(steps) > 8
    for number in range(len(steps)):
        home = tmp_path / f"killed-{number}"
        shutil.copytree(old_home, home)
        left = [number]

        def killed(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        monkeypatch.setattr(service_restore, "_finish", lambda home: taking_its_place(home, killed))
        with pytest.raises(KeyboardInterrupt):
            service_restore.restore(packed, home, replace=True)
        with pytest.raises(RuntimeError, match="half put back"):
            presence.be_present(home)
        monkeypatch.setattr(service_restore, "_finish", taking_its_place)
        assert service_restore.finish(home)
        assert contents(home) == expected, steps[number]
        assert not service_restore.finish(home)


def test_a_damaged_backup_changes_nothing(
    packed: Path, old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_restore, "_check_database", lambda manifest: None)
    before = contents(old_home)
    with zipfile.ZipFile(packed) as archive:
        entry = archive.getinfo("parts/a.parquet")
    data = bytearray(packed.read_bytes())
    at = data.index(b"new parts/a", entry.header_offset)
    data[at + 500] ^= 1
    packed.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        service_restore.restore(packed, old_home, replace=True)
    assert contents(old_home) == before
    assert not (old_home / service_restore.ROOM).exists()


@pytest.mark.parametrize("length", [0, 100, 2000])
def test_half_a_file_is_no_backup(packed: Path, length: int) -> None:
    packed.write_bytes(packed.read_bytes()[:length])
    with pytest.raises(UserError, match="not a backup of Headway"):
        read_manifest(packed)


def test_a_file_that_would_write_elsewhere_is_refused(tmp_path: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        said = json.loads(archive.read("manifest.json"))
    said["files"]["../outside"] = [1, "0"]
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps(said))
    with pytest.raises(UserError, match="outside"):
        read_manifest(tmp_path / "evil.zip")


def test_a_backup_of_a_later_headway_is_refused(tmp_path: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        said = json.loads(archive.read("manifest.json"))
    with zipfile.ZipFile(tmp_path / "later.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps(said | {"form": 99}))
    with pytest.raises(UserError, match="newer Headway"):
        read_manifest(tmp_path / "later.zip")


def test_keys_are_known_by_their_fingerprint_and_never_written_into_the_backup(
    service: Home, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    service.headway("backup", file, "--keys", tmp_path / "keys")
    keys = json.loads((tmp_path / "keys").read_text())
    assert set(keys) == {"secret.key", "service/secret.key"}
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0
    manifest = read_manifest(file)
    assert manifest.keys == {name: fingerprint(key) for name, key in keys.items()}
    unpack(file, manifest, tmp_path / "unpacked")
    for each in (tmp_path / "unpacked").rglob("*"):
        if each.is_file():
            data = each.read_bytes()
            assert not any(key.encode() in data for key in keys.values()), each
    with sqlite3.connect(tmp_path / "unpacked" / "database") as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    opened.close()
