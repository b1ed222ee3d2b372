"""The record of processing, the privacy notice and the facts for the impact assessment say what is configured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from headway.figures.tables import LOADED
from headway.web.people import actions
from headway.web.people.directories import Directory
from headway.web.people.models import User
from headway.web.people.roles import ROLES
from headway.web.privacy import assessment, configuration
from headway.web.privacy.sections import Section

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]


def words(sections: list[Section]) -> str:
    return "\n".join(
        [sentence for one in sections for sentence in (one.title, *one.sentences)]
        + [" | ".join(row) for one in sections for table in one.listings for row in table.rows]
    )


def rows(caption: str) -> list[tuple[str, ...]]:
    (found,) = [
        table.rows for one in assessment.assessment() for table in one.listings if table.caption == caption
    ]
    return list(found)


def may(title: str) -> str:
    return next(row[4] for row in rows("Roles") if row[0] == title)


def test_every_role_table_and_audience_is_named(people):
    text = words(assessment.assessment())
    for role in ROLES.values():
        assert role.title in text
    for table in LOADED:
        assert table.replace("_", " ") in text
    assert "Counts under six are hidden" in text


def test_a_permission_that_was_taken_away_is_not_claimed(people):
    head = people["head_of_school_improvement"]
    assert "see pupils;" in may("Headteacher")
    actions.narrow(role="headteacher", permission="see pupils", by=head)
    assert "see pupils;" not in may("Headteacher")
    assert ("Headteacher", "see pupils") in rows("Taken away by your authority")
    assert "Headteacher" not in [row[0] for row in rows("Roles that may see pupils")]


def test_who_may_see_pupils_is_counted_today(people):
    before = assessment._who_sees_pupils()
    assert before.startswith("4 people may see pupils")
    people["senior_leader"].roles_held.update(ends=timezone.localdate() - timedelta(days=1))
    assert assessment._who_sees_pupils().startswith("3 people may see pupils")


def test_who_may_see_pupils_anyway_is_not_counted_among_those_who_may_in_an_emergency(people):
    assert "; 1 more in an emergency only" in assessment._who_sees_pupils()
    today, officer = timezone.localdate(), people["data_officer"]
    officer.roles_held.create(role="head_of_school_improvement", scope="authority:936", starts=today)
    assert "; 1 more in an emergency only" in assessment._who_sees_pupils()


def test_it_holds_no_personal_data(people):
    text = words(assessment.assessment())
    for user in User.objects.all():
        assert user.email not in text
        assert user.name not in text


def test_it_holds_no_secret_path_or_machine(settings, people):
    text = words(assessment.assessment())
    for secret in (settings.SECRET_KEY, str(settings.HOME), str(settings.SERVICE)):
        assert secret not in text


def test_sign_in_through_a_directory_is_told_with_its_domains(settings, people):
    entra = Directory(
        "entra", "Entra ID", "https://login.example", "id", "hush", ("northmoor.example",), True
    )
    settings.DIRECTORIES = [entra]
    text = words(assessment.assessment())
    assert (
        "https://login.example, addresses of northmoor.example; which asks for a second factor itself" in text
    )
    assert "hush" not in text


@pytest.mark.parametrize(("https", "said"), [(True, "yes"), (False, "no")])
def test_https_is_told_as_it_is_set(https, said, settings):
    settings.BEHIND_HTTPS = https
    assert dict(configuration.hosting())["Connections are encrypted (HTTPS)"] == said


def test_the_fields_of_a_log_line_are_those_that_the_formatter_writes():
    assert "logger" in dict(configuration.logs())["A line holds"]
    assert "level" in dict(configuration.logs())["A line holds"]


def test_everybody_reads_the_privacy_notice_signed_in_or_not(client):
    page = client.get("/data-protection/notice/")
    assert page.status_code == 200
    assert "Public task" in page.text
    assert "10 years after 31 August of the school year" in page.text


def test_the_record_of_processing_says_purposes_and_basis(client_of):
    page = client_of("data_protection_officer").get("/data-protection/papers/record-of-processing/").text
    assert "section 13 of the Education Act 1996" in page
    assert "Checking that results are right" in page


@pytest.mark.parametrize("paper", ["impact-assessment", "record-of-processing"])
def test_a_paper_says_the_same_on_the_page_in_word_in_pdf_and_in_excel(paper, client_of, people):
    import html
    import re
    from io import BytesIO

    import docx
    import openpyxl
    from pypdf import PdfReader

    client = client_of("data_protection_officer")
    address = f"/data-protection/papers/{paper}/"
    page = re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", client.get(address).text)))
    made = docx.Document(BytesIO(client.get(f"{address}docx/").content))
    in_word = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    book = openpyxl.load_workbook(BytesIO(client.get(f"{address}xlsx/").content))
    in_excel = {str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None}
    reader = PdfReader(BytesIO(client.get(f"{address}pdf/").content))
    in_pdf = re.sub(r"[\s\u00ad-]+", "", "".join(one.extract_text() for one in reader.pages))
    assert len(in_word) > 40
    for text in filter(None, in_word):
        plain = re.sub(r"\s+", "", text)
        assert plain in page
        assert text in in_excel
        assert plain.replace("-", "")[:20] in in_pdf
    assert "/StructTreeRoot" in reader.trailer["/Root"]
