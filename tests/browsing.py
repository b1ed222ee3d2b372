"""The service as a browser meets it: built from the example authority, served by its own command, signed in to by people."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headway.example.people import GOES_WITHOUT, PEOPLE

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STYLE = ROOT / "src" / "headway" / "web" / "static" / "built" / "headway.css"
FILES = (
    "register_*.csv", "ofsted_*.csv", "national_ks2.csv", "2018_ks2_*.csv", "2019_ks2_*.csv", "2022_ks2_*.csv",
    "2023_ks2_*.csv", "2024_ks2_*.csv", "2018_ks1_*.csv", "2022_ks1_*.csv", "2023_ks1_*.csv", "2024_mtc_*.csv",
    "2024_phonics_*.csv", "2024_foundation_*.csv", "2023_roll_*.csv", "2024_roll_*.csv",
)  # fmt: skip
"""Enough of the example for every page to have something to show."""
YEARS = (2022, 2023, 2024)
"""What is published of it."""
SCHOOL, OTHER_SCHOOL = 900145, 900101
"""The URN of the school that the example's headteacher leads, and of one that is not theirs."""


def chromium_program() -> str | None:
    """Where Chromium lies on this machine."""
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
    )


def missing() -> str | None:
    """Why no browser test can run here, or None."""
    if chromium_program() is None:
        return "browser tests need Chromium: install `chromium`"
    if not STYLE.exists():
        return "browser tests need the service's assets: sh scripts/set-up.sh test"
    return None


@dataclass
class Service:
    """The service, running."""

    address: str
    folder: Path
    password: str
    secret: str
    _used: dict[str, int] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Its HEADWAY_HOME."""
        return self.folder / "store"

    def email(self, role: str) -> str:
        """How the example person of that role signs in."""
        return next(person.email for person in PEOPLE if person.role == role)

    def code(self, role: str) -> str:
        """A code of the person's authenticator app that has not been used yet; waits for the next one if need be."""
        while True:
            now = int(time.time()) // 30
            counter = max(now - 1, self._used.get(role, 0) + 1)
            if counter <= now + 1:
                self._used[role] = counter
                return one_time_code(self.secret, counter)
            time.sleep(1)

    def sign_in(self, page: Any, role: str) -> None:
        """Sign in as people do, with the second factor where the role has one. Ends on the page that follows."""
        page.goto("/account/login/")
        page.get_by_label("E-mail address").fill(self.email(role))
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if role not in GOES_WITHOUT:
            page.get_by_label("Code").fill(self.code(role))
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/account/" not in url)

    def command(self, *arguments: str) -> str:
        """What `headway ARGUMENTS` prints in this service. Raises where it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "headway.cli", *arguments],
            env=environment(self.home), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def one_time_code(secret: str, counter: int) -> str:
    """RFC 6238 with its defaults, written out: what an authenticator app does."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a service with its own home, and nothing of this machine's own service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWAY_", "DJANGO_"))}
    return {**kept, "HEADWAY_HOME": str(home), **more}


def free_port() -> int:
    """A port at which nobody serves."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Build the example service in a folder (or use what is there), and serve it while the caller looks at it."""
    build = (
        "from pathlib import Path; from headway.commands.service_demo import build; "
        f"build(Path({str(folder)!r}), only={FILES}, years={YEARS})"
    )
    done = subprocess.run(
        [sys.executable, "-c", build], env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"the example service could not be built:\n{done.stdout}{done.stderr}"
    note = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    port = free_port()
    log = folder / "served.txt"
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "headway.cli", "serve", "--port", str(port), "--workers", "1"],
            env=environment(folder / "store"), stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        address = f"http://localhost:{port}"
        wait_for(address, process, log)
        yield Service(address, folder, note["password"], note["secret"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Until the service answers. Fails with what it said where it does not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the service ended:\n{log.read_text(encoding='utf-8')}"
        try:
            with urllib.request.urlopen(f"{address}/health/", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(
        f"the service did not answer within {seconds:.0f} s:\n{log.read_text(encoding='utf-8')}"
    )


_RUN = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, {runOnly: rules});
  return found.violations.map(one => one.id + " (" + one.impact + "): " + one.help + "; " +
    one.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | "));
}"""


def violations(page: Any) -> list[str]:
    """What axe finds wrong with a page: WCAG 2.2 AA and good practice."""
    assert AXE.exists(), "axe-core is not here: npm ci"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN)
    return [f"{page.url}: {one}" for one in found]


def runs_over(page: Any) -> int:
    """By how many pixels a page is wider than its window, so that it must be scrolled sideways."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
