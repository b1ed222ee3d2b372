"""`headway serve` as somebody at a machine meets it: it makes what it needs, says where it is, and ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import headway
from browsing import STYLE, environment, free_port, wait_for
from headway.commands import service_children, service_demo
from headway.commands.output import UserError
from headway.commands.service_children import Child, check_port, python, run_together
from headway.commands.service_ground import make_folder

pytestmark = pytest.mark.timeout(200)
needs_assets = pytest.mark.skipif(not STYLE.exists(), reason="needs the assets: sh scripts/set-up.sh test")


def children_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def all_below(parent: int) -> list[int]:
    return [each for child in children_of(parent) for each in (child, *all_below(child))]


def lives(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def gone(processes: list[int], within: float = 30) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until and any(map(lives, processes)):
        time.sleep(0.1)
    return not any(map(lives, processes))


@needs_assets
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes in /proc")
def test_serve_makes_what_it_needs_starts_again_what_ends_and_ends_without_a_trace(tmp_path: Path) -> None:
    home, port, log = tmp_path / "home", free_port(), tmp_path / "said.txt"
    command = [sys.executable, "-m", "headway.cli", "serve", "--port", str(port), "--workers", "1"]
    with log.open("w") as said:
        process = subprocess.Popen(command, env=environment(home), stdout=said, stderr=subprocess.STDOUT)
    try:
        address = f"http://localhost:{port}"
        wait_for(address, process, log)
        until = time.monotonic() + 60
        while (found := health(address))["worker"] != "ok" and time.monotonic() < until:
            time.sleep(0.3)
        assert found["worker"] == found["database"] == found["service"] == "ok"
        key = home / "service" / "secret.key"
        assert key.stat().st_mode & 0o077 == 0
        assert home.joinpath("service").stat().st_mode & 0o077 == 0
        with urllib.request.urlopen(f"{address}/account/login/", timeout=30) as page:
            html = page.read().decode()
        assert "/static/built/headway" in html
        second = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"Port {port} is taken" in " ".join(second.stderr.split())
        web, worker = sorted(children_of(process.pid), key=lambda each: "worker" in command_of(each))
        os.kill(worker, signal.SIGKILL)
        until = time.monotonic() + 60
        while len(children_of(process.pid)) < 2 or worker in children_of(process.pid):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert lives(web)
        below = all_below(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        assert gone(below)
    finally:
        process.kill()
        process.wait()
    told = log.read_text()
    assert f"The service is open at {address}/" in told
    assert "first_administrator" in told
    assert "The background worker ended by itself" in told
    assert told.rstrip().endswith("The service has ended.")
    assert "Traceback" not in told


def command_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text()


def health(address: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{address}/health/", timeout=30) as answer:
        found: dict[str, str] = json.loads(answer.read())
    return found


def test_what_ends_again_and_again_ends_the_service_with_a_message() -> None:
    said: list[str] = []
    sleeper = Child("web server", python("-c", "import time; time.sleep(60)"))
    failing = Child("background worker", python("-c", "raise SystemExit(3)"))
    assert run_together([sleeper, failing], tell=said.append, ready=lambda: False) == 1
    assert "The background worker ended 5 times within a minute (exit code 3)" in said[-1]
    assert sum("started again" in line for line in said) == 4
    assert sleeper.ended() is not None


def test_what_does_not_end_when_asked_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_children, "PATIENCE", 0.5)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"
    child = Child("web server", python("-c", deaf))
    child.start()
    time.sleep(0.5)
    said: list[str] = []
    service_children.end([child], said.append)
    assert child.ended() == -signal.SIGKILL
    assert "by force" in said[0]


def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} is taken.*--port {port + 1}"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(UserError, match="has no address"):
        check_port("203.0.113.1", 8000)


def test_the_secret_key_is_made_once_and_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_HOME", str(tmp_path / "home"))
    first = (make_folder() / "secret.key").read_text()
    assert len(first) >= 50
    assert (make_folder() / "secret.key").read_text() == first
    assert (make_folder() / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in make_folder().iterdir()] == ["secret.key"]


def test_a_key_of_the_environment_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEADWAY_SECRET_KEY", "from the environment")
    assert list(make_folder().iterdir()) == []


def test_a_demonstration_is_built_anew_after_a_change_of_code_or_of_rules() -> None:
    package = Path(headway.__file__).parent
    seen = {path for pattern in service_demo._STORE for path in package.glob(pattern)}
    made_of = [path for folder in ("figures", "example") for path in (package / folder).rglob("*.*")]
    assert [path for path in made_of if path.suffix != ".pyc" and path not in seen] == []
