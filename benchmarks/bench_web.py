"""How fast the service is at national size, and whether fifty people can browse it at once.

    python benchmarks/bench_web.py [--schools 24000] [--seconds 120] [--people 50] [--folder KEPT]

A made-up nation of 24,000 schools and ten years of results in one national release; `headway serve` on it, two processes.

* pages: each page of somebody of one authority, signed in, over HTTP: first view, then warm median, as ratios to the
  signed-in home page in the same run. Targets: at most 4 times warm, at most 20 times at first.
* load: fifty people who each look at a page, read for a few seconds and look at the next, two minutes. Target: no error.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import web_nation

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browsing import environment, free_port, wait_for

WARM, FIRST = 4.0, 20.0
TIMES = 15
AUTHORITY = 200
PREPARE = """
import json, sys
from pathlib import Path
from headway.commands.service_ground import make_ready
make_ready()
from django.conf import settings
from django.test import Client
from headway.commands.output import open_store
from headway.commands.publishing import publish
from headway.example.people import make_people
from headway.web.people.models import RoleHeld, User
from headway.web.schools.actions import take_register
from headway.web.schools.models import Organisation
from headway.web.standards.models import Release

authority, measures, count = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
if not Organisation.objects.filter(kind="school").exists():
    take_register(open_store())
if not Release.objects.exists():
    publish(name="Nation", authority=None, national=True, year=None, measure=measures, group=None, audience=None,
            state="validated", visibility="schools", take_back=False, why="", list_=False, json=False)
here = f"authority:{authority}"
urns = list(Organisation.objects.filter(kind="school", authority=here).values_list("urn", flat=True))
scopes = {"authority": here, "school": f"school:{urns[0]}"}
made = make_people(scopes=scopes, caseload=[f"school:{one}" for one in urns[:15]])
people = [made.users["head_of_school_improvement"], made.users["data_officer"], made.users["link_adviser"]]
cookies = []
for number in range(count):
    user = people[number % len(people)]
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, "sessions": cookies, "urns": urns}))
"""


@dataclass
class Tally:
    """What the people of the load met."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def pages(urn: int) -> dict[str, str]:
    """Every page that somebody of an authority looks at, by name."""
    return {
        "home": "/",
        "find schools": "/schools/",
        "search with a mistake": "/schools/?q=Oke+Stone",
        "map of schools": "/schools/map/",
        "changes in the register": "/schools/changes/",
        "caseloads": "/schools/caseloads/",
        "groups of schools": "/schools/groups/",
        "a school": f"/schools/{urn}/",
        "its history": f"/schools/{urn}/history/",
        "its inspections": f"/schools/{urn}/inspections/",
        "its contacts": f"/schools/{urn}/contacts/",
        "its notes": f"/schools/{urn}/notes/",
        "as known on a day": f"/schools/{urn}/as-known/?day=2019-03-01",
        "its standards": f"/standards/schools/{urn}/",
        "its trend": f"/standards/schools/{urn}/trend/",
        "its groups": f"/standards/schools/{urn}/groups/",
        "schools like it": f"/standards/schools/{urn}/similar/",
        "a figure's origin": f"/standards/figure/school:{urn}/2019/1/ks2_rwm_expected/all/",
        "headlines": "/standards/",
        "a measure across schools": "/standards/across/",
        "group gaps": "/standards/gaps/",
        "floor list": "/standards/floor/",
        "statistical neighbours": "/standards/neighbours/",
        "releases": "/standards/releases/",
        "asks": "/asks/",
        "burden": "/asks/burden/",
        "files": "/files/",
        "packs": "/packs/",
        "categories": "/categories/",
        "people": "/people/",
        "audit trail": "/trail/",
    }


class Browser:
    """One signed-in person with a connection that is kept open."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.connection = http.client.HTTPConnection("localhost", port, timeout=60)

    def get(self, path: str) -> tuple[int, float]:
        """Status, and the seconds until the last byte."""
        began = time.perf_counter()
        try:
            self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()  # an idle connection that the server had closed: a browser asks again
            self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
            answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - began


def measure(port: int, cookie: str, urns: list[int]) -> bool:
    """The table of ratios; whether all of them are within their targets."""
    browser = Browser(port, cookie)
    for _ in range(5):
        browser.get("/")
    firsts, warms, homes, statuses = {}, {}, {}, {}
    for name, path in pages(urns[len(urns) // 2]).items():
        statuses[name], firsts[name] = browser.get(path)
    for name, path in pages(urns[len(urns) // 2]).items():
        if statuses[name] == 200:
            turns = [(browser.get(path)[1], browser.get("/")[1]) for _ in range(TIMES)]
            warms[name], homes[name] = (statistics.median(took) for took in zip(*turns, strict=True))
    home = statistics.median(homes.values())
    print(f"home page, signed in: {1000 * home:.1f} ms (warm median; in turns with each page)\n")
    print(f"{'page':28}{'warm ms':>9}{'ratio':>7}{'first ms':>10}{'ratio':>7}")
    fine = True
    for name in warms:
        warm, first = warms[name] / homes[name], firsts[name] / home
        over = "" if warm <= WARM and first <= FIRST else "  over"
        fine = fine and not over
        print(
            f"{name:28}{1000 * warms[name]:>9.1f}{warm:>7.1f}{1000 * firsts[name]:>10.1f}{first:>7.1f}{over}"
        )
    for name, status in statuses.items():
        if status != 200:
            fine = fine and status < 500  # what this nation has nothing of may say so; no page may fail
            print(f"{name:28}not measured: {status}")
    return fine


def browse(port: int, cookies: list[str], urns: list[int], seconds: float) -> Tally:
    """Everybody at once, each looking, reading, looking."""
    tally, until = Tally(), time.monotonic() + seconds

    def person(number: int) -> None:
        chance = random.Random(number)
        browser = Browser(port, cookies[number])
        time.sleep(chance.uniform(0, 4))
        while time.monotonic() < until:
            name, path = chance.choice(list(pages(chance.choice(urns[:15])).items()))
            try:
                status, took = browser.get(path)
            except OSError as error:
                tally.errors.append(f"{name}: {type(error).__name__}")
                browser = Browser(port, cookies[number])
                continue
            tally.seconds.append(took)
            if status >= 500 or status == 429:
                tally.errors.append(f"{name}: {status}")
            time.sleep(chance.uniform(2, 6))

    threads = [threading.Thread(target=person, args=(number,)) for number in range(len(cookies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def memory(parent: int) -> dict[str, float]:
    """Resident megabytes of a process and all below it, by what each is."""
    found: dict[str, float] = {}
    below = {parent}
    for _ in range(4):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[1]) in below:
                    below.add(int(stat.parent.name))
            except OSError:
                continue
    for number in sorted(below):
        try:
            status = Path(f"/proc/{number}/status").read_text()
            command = Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        resident = int(status.partition("VmRSS:")[2].split()[0]) / 1024 if "VmRSS" in status else 0.0
        kind = "web" if "service_web" in command else "worker" if "service_worker" in command else "serve"
        found[f"{kind} {number}"] = resident
    return found


def main() -> int:
    """Build, serve, measure, browse. Exit code 1 where a target is missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--schools", type=int, default=24_000)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--people", type=int, default=50)
    asked.add_argument("--folder", type=Path, help="keep the nation here, and use it again")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.folder or Path(temporary) / "home"
        if not (home / "catalogue.sqlite").exists():
            began = time.perf_counter()
            web_nation.make(home, given.schools)
            print(f"made {given.schools:,} schools in {time.perf_counter() - began:.0f} s", flush=True)
        began = time.perf_counter()
        arguments = [str(AUTHORITY), json.dumps(web_nation.MEASURES), str(given.people)]
        made = subprocess.run(
            [sys.executable, "-c", PREPARE, *arguments],
            env=environment(home),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        said = json.loads(made.stdout.splitlines()[-1])
        print(f"register taken and figures published in {time.perf_counter() - began:.0f} s", flush=True)
        port, log = free_port(), home / "served.txt"
        command = [sys.executable, "-m", "headway.cli", "serve", "--port", str(port), "--workers", "2"]
        with log.open("w") as output:
            process = subprocess.Popen(
                command, env=environment(home), stdout=output, stderr=subprocess.STDOUT
            )
        try:
            wait_for(f"http://localhost:{port}", process, log)
            cookies = [f"{said['cookie']}={one}" for one in said["sessions"]]
            fine = measure(port, cookies[0], said["urns"])
            before = sum(memory(process.pid).values())
            tally = browse(port, cookies, said["urns"], given.seconds)
            used = memory(process.pid)
            with urllib.request.urlopen(f"http://localhost:{port}/health/") as answer:
                health = json.loads(answer.read())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
    slow = sorted(tally.seconds)
    shown = {name: round(size) for name, size in used.items()}
    print(f"\n{given.people} people for {given.seconds:.0f} s: {len(slow)} pages, {len(tally.errors)} errors")
    for error in sorted(set(tally.errors)):
        print(f"  {tally.errors.count(error)} x {error}")
    print(
        f"median {1000 * statistics.median(slow):.0f} ms, 95 in 100 within {1000 * slow[len(slow) * 95 // 100]:.0f} ms"
    )
    print(f"memory {before:.0f} MB before, {sum(used.values()):.0f} MB after: {json.dumps(shown)}")
    print(f"health: {health}; load of the machine {os.getloadavg()[0]:.1f}")
    return 0 if fine and not tally.errors else 1


if __name__ == "__main__":
    sys.exit(main())
