"""Packs: for whom they may be made, that what is suppressed is so in every format, and that nobody gets another's."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.http import Http404
from django.test import Client
from pypdf import PdfReader
from reading_back import excel_rows, pdf_text, word_rows, words_of

from headway.web.audit.models import AuditEvent
from headway.web.design.documents import FORMATS
from headway.web.jobs import actions as jobs
from headway.web.jobs import tasks
from headway.web.jobs.models import DONE, FAILED, Job
from headway.web.packs import actions, making
from headway.web.packs.kinds import KINDS
from headway.web.packs.making import CannotMake, MadePack
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.standards import actions as standards
from headway.web.standards import recipients
from headway.web.standards.models import DATA_TEAM

OWN, NEAR, OTHER, AUTHORITY = "school:100001", "school:100002", "school:200001", "authority:936"

pytestmark = pytest.mark.django_db
ASKED = {"release": "Summer", "kind": "summary", "readers": "school", "form": "pdf"}
SCHOOL_KINDS = [one for one in KINDS.values() if one.of == "school"]


def made(user: User, kind: str, audience: str, release: Any, form: str, organisation: str = OWN) -> bytes:
    (pack,) = making.make(user, [KINDS[kind]], organisation, audience, release, [form])
    return pack.content


def readers(user: User, release: Any, organisation: str = OWN) -> list[str]:
    return [one.key for one in recipients.recipients(user, organisation, release)]


def test_nobody_makes_a_pack_for_readers_who_see_more_than_they_do(
    release: Any, people: dict[str, User]
) -> None:
    assert readers(people["data_officer"], release) == [
        "data_officer",
        "school",
        "governors",
        "councillors",
        "other_schools",
    ]
    assert readers(people["headteacher"], release) == ["school", "governors", "councillors", "other_schools"]
    assert readers(people["governor"], release) == ["governors"]
    assert readers(people["governor"], release, NEAR) == []
    for kind in SCHOOL_KINDS:
        if kind.key != "governors":
            with pytest.raises(CannotMake, match="more than you do"):
                made(people["governor"], kind.key, "school", release, "pdf")


@pytest.mark.parametrize("role", ["headteacher", "governor", "link_adviser", "trust_leader", "data_officer"])
def test_a_pack_of_another_school_is_refused(release: Any, people: dict[str, User], role: str) -> None:
    for kind in SCHOOL_KINDS:
        with pytest.raises(Http404):
            made(people[role], kind.key, "governors", release, "pdf", OTHER)


def test_a_pack_of_a_school_that_is_in_no_release_is_refused(release: Any, people: dict[str, User]) -> None:
    from web_schools import make

    make("school:100009", "New School", authority=AUTHORITY)
    with pytest.raises(CannotMake, match="holds no figures"):
        made(people["data_officer"], "summary", "school", release, "pdf", "school:100009")


READERS = [
    ("data_officer", "data_officer"),
    ("data_officer", "school"),
    ("data_officer", "governors"),
    ("data_officer", "councillors"),
    ("data_officer", "other_schools"),
    ("headteacher", "school"),
    ("headteacher", "governors"),
    ("governor", "governors"),
]


@pytest.mark.parametrize(
    ("role", "audience", "kind"),
    [
        *((role, audience, "key-stages") for role, audience in READERS),
        ("data_officer", "data_officer", "summary"),
        ("data_officer", "governors", "summary"),
        ("data_officer", "data_officer", "governors"),
    ],
)
def test_what_is_suppressed_is_so_in_every_format(
    release: Any, people: dict[str, User], role: str, audience: str, kind: str
) -> None:
    found = {form: made(people[role], kind, audience, release, form) for form in FORMATS}
    in_word, in_excel, in_pdf = word_rows(found["docx"]), excel_rows(found["xlsx"]), pdf_text(found["pdf"])
    assert in_word == in_excel
    without_blanks = "".join(in_pdf.split())
    cells = {"".join(cell.split()) for table in in_word.values() for row in table[1:] for cell in row}
    assert [cell for cell in cells if cell not in without_blanks] == []
    whole = audience in ("data_officer", "school") and kind != "governors"
    assert ("9.7%" in words_of(in_word)) == whole, "3 of 31 pupils at the higher standard"
    assert ("suppressed" in words_of(in_word)) != whole
    assert ("9.7%" in in_pdf) == whole
    assert "0.0%" not in words_of(in_word)
    assert "71.0%" in words_of(in_word), "22 of 31 pupils, which everybody may see"
    if kind == "key-stages":
        assert ("75.0%" in words_of(in_word)) == whole, "3 of 4 disadvantaged pupils"


@pytest.mark.parametrize(
    ("reader", "maker", "audience"),
    [
        ("data_officer", "data_officer", "data_officer"),
        ("headteacher", "headteacher", "school"),
        ("scrutiny_officer", "data_officer", "councillors"),
        ("governor", "governor", "governors"),
    ],
)
def test_page_csv_excel_word_and_pdf_say_the_same(
    release: Any,
    people: dict[str, User],
    client_of: Callable[..., Client],
    reader: str,
    maker: str,
    audience: str,
) -> None:
    client, place = client_of(reader), "/standards/schools/100001/attainment/"
    hidden = audience in ("councillors", "governors")
    shown = {"71.0%", "suppressed" if hidden else "9.7%"}
    page = client.get(place).content.decode()
    rows = word_rows(made(people[maker], "key-stages", audience, release, "docx"))["Key stage 2, 2025/26"]
    in_pdf = pdf_text(made(people[maker], "key-stages", audience, release, "pdf"))
    assert {row[1] for row in rows[1:]} == shown
    assert all(value in page and value in in_pdf for value in shown)
    assert ("9.7%" in page) == ("9.7%" in in_pdf) == (not hidden)
    if reader == "governor":
        assert client.get(f"{place}file.csv").status_code == 403
        return
    lines = list(csv.DictReader(client.get(f"{place}file.csv").content.decode("utf-8-sig").splitlines()))
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{place}file.xlsx").content)).worksheets[0]
    in_book = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    values = {
        line["Value"] if line["Value"] == "suppressed" else f"{float(line['Value']):.1f}%" for line in lines
    }
    assert values == shown
    assert ("suppressed" in in_book) == hidden
    assert any(cell.startswith("9.67") for cell in in_book) != hidden


def test_every_page_says_for_whom_which_release_in_which_state_and_how_many_pupils(
    release: Any, people: dict[str, User]
) -> None:
    for kind in SCHOOL_KINDS:
        content = made(people["data_officer"], kind.key, "governors", release, "pdf")
        for page in PdfReader(io.BytesIO(content)).pages:
            text = " ".join(page.extract_text().split())
            assert "For governors of the school · Summer, provisional · as at " in text
            assert "pupils" in text.rpartition("as at")[2]


def test_the_summary_sheet_is_one_page(release: Any, people: dict[str, User]) -> None:
    for audience in ("data_officer", "governors"):
        content = made(people["data_officer"], "summary", audience, release, "pdf")
        assert len(PdfReader(io.BytesIO(content)).pages) == 1


def test_the_governors_version_has_five_questions_and_is_never_whole(
    release: Any, people: dict[str, User]
) -> None:
    text = pdf_text(made(people["headteacher"], "governors", "school", release, "pdf"))
    assert "For governors of the school" in text
    assert "Five questions to ask 1." not in text
    for number in range(1, 6):
        assert f" {number}. " in text
    assert " 6. " not in text
    assert "9.7%" not in text


def test_headlines_are_made_of_an_authority_by_those_who_see_it(
    release: Any, people: dict[str, User]
) -> None:
    text = pdf_text(made(people["data_officer"], "headlines", "data_officer", release, "pdf", AUTHORITY))
    assert "66.7%" in text
    with pytest.raises(Http404):
        made(people["headteacher"], "headlines", "school", release, "pdf", AUTHORITY)


def test_a_release_that_was_taken_back_gives_no_pack(release: Any, people: dict[str, User]) -> None:
    standards.take_back(release_id=release.pk, why="Wrong file", by=None)
    release.refresh_from_db()
    with pytest.raises(CannotMake):
        made(people["data_officer"], "summary", "school", release, "pdf")


def done(job: Job) -> Job:
    tasks.run.call(job.pk, job.attempt)
    job.refresh_from_db()
    return job


def asked(user: User, release: Any, audience: str = "governors", keys: Any = (OWN, NEAR)) -> Job:
    return actions.ask_for_many(
        kinds=[KINDS["summary"], KINDS["governors"]],
        organisations=list(keys),
        audience=audience,
        release=release,
        forms=["pdf", "xlsx"],
        by=user,
    )


def test_packs_of_many_schools_come_as_one_zip_with_names_that_can_be_read(
    release: Any, people: dict[str, User]
) -> None:
    officer = people["data_officer"]
    job = done(asked(officer, release))
    assert job.state == DONE, job.problem
    file = job.files.get()
    assert file.organisations == [OWN, NEAR]
    with zipfile.ZipFile(io.BytesIO(jobs.fetch(file, by=officer))) as package:
        assert sorted(package.namelist()) == [
            "Calder Bridge Primary School, governors’ version, for governors.pdf",
            "Calder Bridge Primary School, governors’ version, for governors.xlsx",
            "Calder Bridge Primary School, summary sheet, for governors.pdf",
            "Calder Bridge Primary School, summary sheet, for governors.xlsx",
            "Near School, governors’ version, for governors.pdf",
            "Near School, governors’ version, for governors.xlsx",
            "Near School, summary sheet, for governors.pdf",
            "Near School, summary sheet, for governors.xlsx",
        ]
        for name in package.namelist():
            assert "9.7" not in pdf_text(package.read(name)) if name.endswith("pdf") else True
    event = AuditEvent.objects.get(verb="exported figures")
    assert event.detail["organisations"] == [OWN, NEAR]


def test_a_school_that_the_asker_may_not_see_is_left_out_and_named(
    release: Any, people: dict[str, User]
) -> None:
    adviser = people["link_adviser"]
    job = done(asked(adviser, release, keys=(OWN, NEAR, OTHER)))
    file = job.files.get()
    assert file.organisations == [OWN]
    with zipfile.ZipFile(io.BytesIO(jobs.fetch(file, by=adviser))) as package:
        assert "100002\n200001" in package.read("Not made.txt").decode()
        assert not any("Near" in name or "Saltby" in name for name in package.namelist())


def test_a_zip_of_a_release_that_was_taken_back_cannot_be_fetched(
    release: Any, people: dict[str, User]
) -> None:
    officer = people["data_officer"]
    file = done(asked(officer, release)).files.get()
    standards.take_back(release_id=release.pk, why="Wrong file", by=None)
    with pytest.raises(NotPermitted, match="taken back"):
        jobs.fetch(file, by=User.objects.get(pk=officer.pk))
    assert done(asked(officer, release)).state == FAILED


def test_a_zip_of_a_release_that_is_not_shown_any_more_cannot_be_fetched(
    release: Any, people: dict[str, User]
) -> None:
    head = people["headteacher"]
    file = done(asked(head, release, keys=(OWN,))).files.get()
    standards.show_to(release_id=release.pk, visibility=DATA_TEAM, by=None)
    with pytest.raises(NotPermitted):
        jobs.fetch(file, by=User.objects.get(pk=head.pk))


def test_a_head_who_is_only_a_governor_now_cannot_fetch_what_was_made_for_the_school(
    release: Any, people: dict[str, User]
) -> None:
    head = people["headteacher"]
    theirs, governors = (
        done(asked(head, release, audience=audience, keys=(OWN,))).files.get()
        for audience in ("school", "governors")
    )
    head.roles_held.update(role="governor")
    now = User.objects.get(pk=head.pk)
    with pytest.raises(NotPermitted, match="see more"):
        jobs.fetch(theirs, by=now)
    assert jobs.fetch(governors, by=now)


def test_two_schools_of_one_name_are_told_apart() -> None:
    taken: set[str] = set()
    packs = [
        MadePack("St Mary’s, summary.pdf", b"", "", f"school:{urn}", "school")
        for urn in (100001, 100002, 100002)
    ]
    assert [making.free_name(one, taken) for one in packs] == [
        "St Mary’s, summary.pdf",
        "St Mary’s, summary (100002).pdf",
        "St Mary’s, summary (100002, 2).pdf",
    ]


def test_a_school_downloads_its_pack_from_its_page(release: Any, client_of: Callable[..., Client]) -> None:
    client = client_of("headteacher")
    page = client.get("/packs/school/100001/").content.decode()
    assert "Making figures speak: key stages 1 and 2" in page
    assert "Those who see the figures whole" not in page
    answer = client.post("/packs/school/100001/", ASKED | {"form": "xlsx"})
    assert answer["Content-Type"] == FORMATS["xlsx"].content_type
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames[-1] == "Notes"
    assert (
        "Calder%20Bridge" in answer["Content-Disposition"] or "Calder Bridge" in answer["Content-Disposition"]
    )
    event = AuditEvent.objects.get(verb="exported figures")
    assert (event.organisation, event.detail["for"], event.detail["release"]) == (OWN, "school", "Summer")


def test_a_governor_cannot_ask_for_the_schools_own_figures(
    release: Any, client_of: Callable[..., Client]
) -> None:
    client = client_of("governor")
    answer = client.post("/packs/school/100001/", ASKED)
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()
    assert not AuditEvent.objects.filter(verb="exported figures").exists()
    assert client.get("/packs/school/200001/").status_code == 404


def test_packs_of_many_schools_are_asked_for_on_a_page(
    release: Any, client_of: Callable[..., Client]
) -> None:
    client = client_of("data_officer")
    fields = {
        "release": "Summer",
        "kinds": ["summary"],
        "readers": "governors",
        "formats": ["pdf"],
        "which": "listed",
    }
    wrong = client.post("/packs/", fields | {"urns": "12, 100001"}).content.decode()
    assert "A URN has six digits; 12 is none." in wrong
    assert (
        "Enter the URN of at least one school"
        in client.post("/packs/", fields | {"urns": ""}).content.decode()
    )
    assert "None of these schools" in client.post("/packs/", fields | {"urns": "200001"}).content.decode()
    answer = client.post("/packs/", fields | {"urns": "100001\n200001"})
    job = Job.objects.get()
    assert answer["Location"] == f"/files/{job.pk}/"
    assert job.parameters["organisations"] == [OWN]


def test_where_there_is_no_release_the_pages_say_so(
    people: dict[str, User], client_of: Callable[..., Client]
) -> None:
    client = client_of("data_officer")
    assert "no release yet" in client.get("/packs/").content.decode()
    assert "No release holds figures" in client.get("/packs/school/100001/").content.decode()


@pytest.mark.parametrize("kind", ["key-stages", "governors"])
def test_every_key_figure_says_of_how_many_pupils_it_is(release, people, kind):
    tables = word_rows(made(people["data_officer"], kind, "governors", release, "docx"))
    shown = [row[2] for row in tables["Key figures"] if row[1].endswith("%")]
    assert shown
    assert all(" pupils" in words for words in shown)
    assert any("31 pupils" in words for words in shown)
