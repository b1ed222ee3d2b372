"""F24 of the domain, in the service: what people are shown, refused and told, and what goes when its time is over."""

from __future__ import annotations

import csv
import html
import io
import os
import re
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from django.utils import timezone

from cli import headway
from headway.figures.store import Store
from headway.web.audit.models import AuditEvent
from headway.web.people.models import RoleHeld, User
from headway.web.privacy import erasing
from small_authority import pupils, register, two_schools, write
from web_schools import make

pytestmark = pytest.mark.django_db
OWN, OTHER = 100001, 200001
STANDARDS = f"/standards/schools/{OWN}/"
MEASURES = ("ks2_rwm_expected", "ks2_cohort", "ks2_reading_average")
Client = Any


@pytest.fixture
def published(people: dict[str, Any], settings: Any) -> None:
    """A school of 24 pupils, four of them disadvantaged, and one of thirty, published to everybody."""
    two_schools()
    settings.HOME = Path(os.environ["HEADWAY_HOME"])
    settings.SERVICE = settings.HOME / "service"
    make("school:100002", "Second School", authority="authority:936")
    wanted = [word for measure in MEASURES for word in ("--measure", measure)]
    answer = headway("publish", "KS2 2026", "--authority", 936, "--visibility", "schools", *wanted)
    assert answer.code == 0, answer.out + answer.err


def table_rows(page: str) -> list[list[str]]:
    """The cells of every table of a page, as words."""
    return [
        [
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    ]


@pytest.mark.usefixtures("published")
def test_ac1_no_page_gives_the_four_away(client_of: Any) -> None:
    """All 24, disadvantaged 4, other 20: wherever a group is shown, no pair of its figures leaves four pupils."""
    roles = ("governor", "clerk", "councillor", "scrutiny_officer", "client", "partner")
    for role, page in product(roles, ("", "groups/", "attainment/", "trend/")):
        answer = client_of(role).get(f"{STANDARDS}{page}")
        assert answer.status_code == 200
        for row in table_rows(answer.text):
            if any("isadvantaged" in cell and "not" not in cell.lower() for cell in row[:1]):
                assert not re.search(r"\b\d+(\.\d+)?%?\b", " ".join(row[1:]).replace("KS2", "")), row
        told = [row for row in table_rows(answer.text) if row and "expected" in row[0].lower()]
        numbers = {cell for row in told for cell in row[1:] if cell in ("24", "20", "4")}
        assert not {"24", "20"} <= numbers


@pytest.mark.usefixtures("published")
def test_ac2_the_percentage_of_four_pupils_is_shown_to_their_school_alone(client_of: Any) -> None:
    def disadvantaged(role: str) -> list[str]:
        page = client_of(role).get(f"{STANDARDS}groups/?measure=ks2_rwm_expected").text
        return [row[1] for row in table_rows(page) if row and row[0].startswith("Disadvantaged")]

    assert any(re.search(r"\d", value) for value in disadvantaged("headteacher"))
    for role in ("governor", "councillor", "partner"):
        assert all("suppressed" in value for value in disadvantaged(role)), role


def test_ac3_a_governor_who_opens_the_list_of_pupils_is_refused_and_that_is_logged(
    client_of: Any, people: dict[str, Any]
) -> None:
    for address in (f"/pupils/{OWN}/", f"/pupils/{OWN}/2026/", f"/pupils/{OWN}/2026/file/"):
        assert client_of("governor").get(address).status_code == 403
    refused = AuditEvent.objects.filter(verb="was refused", by=people["governor"].email)
    assert {event.detail["permission"] for event in refused} == {"see pupils"}
    assert refused.count() == 3
    assert not AuditEvent.objects.filter(verb="viewed pupils").exists()


@pytest.mark.usefixtures("published")
def test_ac3_the_files_of_a_page_hide_what_the_page_hides(client_of: Any) -> None:
    """Line by line, for a reader who may export and sees suppressed figures."""
    for page in ("summary", "groups", "attainment", "trend"):
        compare_files(client_of("scrutiny_officer"), page)


def compare_files(client: Client, page: str) -> None:
    """The page, its CSV and its Excel file."""
    screen = client.get(f"{STANDARDS}{'' if page == 'summary' else page + '/'}").text
    text = client.get(f"{STANDARDS}{page}/file.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{STANDARDS}{page}/file.xlsx").content))
    cells = [list(row) for row in book["Figures"].iter_rows(values_only=True)]
    assert [row[6] for row in cells[1:] if isinstance(row[6], str)] == [
        line["Value"] for line in lines if not re.fullmatch(r"-?[\d.]+", line["Value"])
    ]
    hidden = [line for line in lines if line["Value"] == "suppressed"]
    assert screen.count(">suppressed</span>") >= len(hidden)
    for line in hidden:
        numbers = {name for name, value in line.items() if re.fullmatch(r"-?[\d.]+", value or "")}
        assert numbers <= {"Year", "Years together"}, line


# What goes when its time is over


@pytest.fixture
def hundred_and_fifty(people: dict[str, Any], settings: Any, tmp_path: Path) -> Store:
    """Two schools with 150 pupils between them, counted and published."""
    rows = [
        *pupils(100001, 90, disadvantaged=20, passing=60),
        *pupils(100002, 60, disadvantaged=10, passing=31),
    ]
    for number, row in enumerate(rows):
        row |= {"surname": f"Adeyemi{number}", "forename": "Ada", "date_of_birth": "2015-05-17"}
    files = [write(tmp_path / "register.csv", register(100001, 100002)), write(tmp_path / "pupils.csv", rows)]
    settings.HOME = Path(os.environ["HEADWAY_HOME"])
    settings.SERVICE = settings.HOME / "service"
    make("school:100002", "Second School", authority="authority:936")
    wanted = [word for measure in MEASURES for word in ("--measure", measure)]
    for command in (
        ("load", *files), ("run",),
        ("publish", "KS2 2026", "--authority", 936, "--visibility", "schools", *wanted),
    ):  # fmt: skip
        answer = headway(*command)
        assert answer.code == 0, answer.out + answer.err
    return Store.open(settings.HOME)


def cohort(store: Store) -> int:
    """The pupils of the authority in the latest run's results, all schools together."""
    run = store.latest_run()
    assert run is not None
    found = run.results().filter(
        pl.col("organisation").str.starts_with("school:"),
        measure="ks2_cohort",
        group="all",
        basis="pupils",
        years_pooled=1,
    )
    return int(found.select(pl.col("denominator").sum()).collect().item())


def test_ac4_after_the_date_personal_fields_are_gone_and_the_sum_is_still_150(
    hundred_and_fifty: Store, people: dict[str, Any], client_of: Any
) -> None:
    head, leaver = people["head_of_school_improvement"], people["senior_leader"]
    pages = {role: client_of(role).get(STANDARDS).text for role in ("headteacher", "governor")}
    long_ago = timezone.make_aware(datetime(2020, 7, 31))
    RoleHeld.objects.filter(user=leaver).update(starts=long_ago.date(), ends=long_ago.date())
    User.objects.filter(pk=leaver.pk).update(joined_at=long_ago, last_login=long_ago)
    assert cohort(hundred_and_fifty) == 150

    after = timezone.make_aware(datetime(2036, 9, 1, 12))
    waiting = {one.kind.key: one.count for one in erasing.due(hundred_and_fifty, after)}
    assert waiting["store.identities"] == waiting["store.pupils"] == 150
    erasing.erase_due(hundred_and_fifty, by=head, now=min(after, timezone.now()))  # accounts, by today's date
    from headway.figures.purge import purge

    purge(hundred_and_fifty, today=after.date())

    assert hundred_and_fifty.frame("identities", 2026).collect().is_empty()
    assert hundred_and_fifty.frame("pupils", 2026).collect().is_empty()
    gone = User.objects.get(pk=leaver.pk)
    assert leaver.email not in (gone.email, gone.name)
    assert gone.name == f"Former user {gone.pk}"
    assert cohort(hundred_and_fifty) == 150
    for role, before in pages.items():
        assert table_rows(client_of(role).get(STANDARDS).text) == table_rows(before)


def test_ac4_one_pupil_is_erased_on_request_and_what_was_published_stands(
    hundred_and_fifty: Store, client_of: Any
) -> None:
    head: Client = client_of("head_of_school_improvement")
    before = client_of("headteacher").get(STANDARDS).text
    upn = hundred_and_fifty.frame("identities", 2026).select("upn").head(1).collect().item()
    page = head.post("/data-protection/pupil/", {"upn": upn, "reason": "Request of May", "sure": "on"})
    assert page.status_code == 302
    assert hundred_and_fifty.frame("identities", 2026).collect().height == 149
    assert cohort(hundred_and_fifty) == 150
    assert table_rows(client_of("headteacher").get(STANDARDS).text) == table_rows(before)
    event = AuditEvent.objects.get(verb="erased a pupil")
    assert upn not in str(event.detail)
    again = head.post("/data-protection/pupil/", {"upn": upn, "reason": "Request of May", "sure": "on"})
    assert "There is no pupil with that UPN" in again.text


@pytest.mark.usefixtures("hundred_and_fifty")
def test_the_whole_is_exported_only_by_two_people_and_once(client_of: Any, people: dict[str, Any]) -> None:
    from headway.web.people.models import BulkRequest

    officer, head = client_of("data_officer"), client_of("head_of_school_improvement")
    asking = {"organisation": "authority:936", "year": 2026, "purpose": "Joining last year’s results"}
    assert officer.post("/pupils/export/", asking).status_code == 302
    asked = BulkRequest.objects.get()
    take = f"/pupils/export/{asked.pk}/"
    assert officer.post(take).headers.get("Content-Disposition") is None
    own = officer.post(f"/exports/{asked.pk}/", {"decision": "approve"})
    assert "Nobody decides their own" in own.text
    head.post(f"/exports/{asked.pk}/", {"decision": "approve"})
    first, second = officer.post(take), officer.post(take)
    assert "attachment" in first.headers["Content-Disposition"]
    assert second.headers.get("Content-Disposition") is None
    assert people["data_officer"].email in client_of("headteacher").get("/access-log/").text
    verbs = AuditEvent.objects.filter(subject=f"bulk request:{asked.pk}").order_by("pk")
    assert [event.verb for event in verbs][:3] == [
        "asked for a bulk export",
        "approved a bulk export",
        "took a bulk export",
    ]


@pytest.mark.usefixtures("hundred_and_fifty")
def test_the_school_reads_who_looked_at_its_pupils_and_what_for(
    client_of: Any, people: dict[str, Any]
) -> None:
    officer = client_of("data_officer")
    asked = officer.get(f"/pupils/{OWN}/2026/")
    assert asked.url.startswith(f"/purpose/school:{OWN}/")
    officer.post(asked.url, {"purpose": "Checking that results are right"})
    assert officer.get(f"/pupils/{OWN}/2026/").status_code == 200
    log = client_of("headteacher").get("/access-log/").text
    assert people["data_officer"].email in log
    assert "Checking that results are right" in log
    assert timedelta(0) <= timezone.now() - AuditEvent.objects.filter(verb="viewed pupils").first().at
