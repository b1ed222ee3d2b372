"""The retention schedule: everything that is kept stands in it, and it can be changed with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from headway.figures import purge
from headway.figures.tables import LOADED, TABLES, Sensitivity
from headway.web.audit.models import AuditEvent
from headway.web.privacy import erasing, holdings, processing, schedule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
EVERY_MODEL = sorted(model._meta.label for model in apps.get_models(include_auto_created=True))
DECLARED = [model for each in (*schedule.declared(), *schedule.kept()) for model in each.models]


@pytest.mark.parametrize("label", EVERY_MODEL)
def test_every_model_of_every_part_stands_in_the_schedule_once(label):
    assert DECLARED.count(label) == 1, (
        f"say in privacy/schedule.toml how long {label} is kept, or why for good"
    )


def test_the_schedule_names_no_model_that_is_not_there():
    assert set(DECLARED) <= set(EVERY_MODEL)


@pytest.mark.parametrize("kind", schedule.declared(), ids=lambda kind: kind.key)
def test_every_kind_can_be_erased_as_it_says(kind):
    assert kind.unit in schedule.UNITS
    assert kind.number > 0
    for rows in kind.rows:
        model = apps.get_model(rows.model)
        if rows.clock:
            assert isinstance(erasing.clock_of(rows), models.DateField)
        for name in (*rows.where, *filter(None, (rows.pupil, rows.file))):
            model._meta.get_field(name.split("__")[0])


@pytest.mark.parametrize("label", EVERY_MODEL)
def test_every_model_with_a_pupils_key_says_so_that_a_pupil_can_be_erased(label):
    fields = [
        field.name for field in apps.get_model(label)._meta.fields if field.name in ("pupil", "pupil_key")
    ]
    said = [
        rows.pupil for kind in schedule.declared() for rows in kind.rows if rows.model == label and rows.pupil
    ]
    assert said == fields


def test_every_table_with_rows_of_pupils_has_a_period_in_the_store():
    periods = purge.retention_of(holdings.store()).years
    personal = [
        name for name in LOADED if TABLES[name].sensitivity in (Sensitivity.PERSONAL, Sensitivity.IDENTIFYING)
    ]
    assert set(personal) <= set(periods)
    assert {kind.key for kind in schedule.kinds(holdings.store()) if kind.place == "store"} >= {
        f"store.{name}" for name in personal
    }


def test_every_kind_belongs_to_one_activity_of_the_record_of_processing():
    kinds = schedule.kinds(holdings.store())
    found = [kind.key for activity in processing.activities(kinds) for kind in activity.kinds]
    assert sorted(found) == sorted(kind.key for kind in kinds)


def test_what_is_kept_about_pupils_belongs_to_the_activity_that_is_about_pupils():
    about_pupils, *others = processing.activities(schedule.kinds(holdings.store()))
    assert about_pupils.people.startswith("Pupils")
    assert [kind.key for kind in schedule.declared() if any(rows.pupil for rows in kind.rows)] == [
        "corrections"
    ]
    assert "corrections" in [kind.key for kind in about_pupils.kinds]
    elsewhere = [kind for activity in others for kind in activity.kinds]
    assert [kind.key for kind in elsewhere if any(rows.pupil for rows in kind.rows)] == []


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-07-01", 12, "2025-07-01"),
    ],
)
def test_months_are_counted_back_to_the_same_day_or_the_last_of_the_month(day, months, expected):
    moment = timezone.make_aware(datetime.fromisoformat(day))
    assert f"{schedule.months_before(moment, months):%Y-%m-%d}" == expected


def test_an_authority_sets_its_own_period_with_its_reason(client_of, people):
    client = client_of("head_of_school_improvement")
    client.post(
        "/data-protection/retention/invitations/", {"number": 3, "reason": "Our schedule 4.2", "version": 0}
    )
    kind = schedule.kind_of("invitations", None)
    assert (kind.number, kind.own) == (3, True)
    page = client.get("/data-protection/retention/").text
    assert "3 months after the invitation ended" in page
    assert "Our schedule 4.2" in page
    event = AuditEvent.objects.get(verb="set retention")
    assert event.detail == {
        "of": "Invitations", "from": "6 months", "to": "3 months", "reason": "Our schedule 4.2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"number": 0, "reason": "r"}, "Enter 1 or more"),
        ({"number": 3, "reason": " "}, "Say why"),
        ({"number": "many", "reason": "r"}, "Enter a whole number"),
    ],
)
def test_a_period_needs_a_number_and_a_reason(given, said, client_of):
    page = client_of("head_of_school_improvement").post(
        "/data-protection/retention/invitations/", given | {"version": 0}
    )
    assert said in page.text
    assert not AuditEvent.objects.filter(verb="set retention").exists()


def test_a_period_of_the_store_holds_for_the_command_line_too(client_of):
    client = client_of("head_of_school_improvement")
    own = holdings.store().folder / "retention.toml"
    try:
        client.post(
            "/data-protection/retention/store.identities/", {"number": 5, "reason": "r", "version": 0}
        )
        client.post(
            "/data-protection/retention/store.set_aside/", {"number": 30, "reason": "r", "version": 0}
        )
        found = purge.retention_of(holdings.store())
        assert (found.years["identities"], found.years["pupils"], found.set_aside_days) == (5, 10, 30)
        assert "5 years after 31 August" in client.get("/data-protection/retention/").text
    finally:
        own.unlink(missing_ok=True)


def test_periods_of_the_store_that_cannot_be_understood_are_told_and_never_passed_over(client_of, people):
    client = client_of("head_of_school_improvement")
    own = holdings.store().folder / "retention.toml"
    own.write_text("years = nonsense")
    try:
        for address in ("retention/", "due/", "papers/impact-assessment/"):
            page = client.get(f"/data-protection/{address}")
            assert page.status_code == 200
            assert "cannot be understood" in page.text
            assert str(own) not in page.text
        assert "Nothing is past its date" not in client.get("/data-protection/due/").text
    finally:
        own.unlink()
    assert "cannot be understood" not in client.get("/data-protection/retention/").text


def test_two_people_setting_a_period_at_once_lose_nothing(client_of):
    client = client_of("head_of_school_improvement")
    address = "/data-protection/retention/asks/"
    client.post(address, {"number": 24, "reason": "First", "version": 0})
    second = client.post(address, {"number": 48, "reason": "Second", "version": 0})
    assert "Somebody else saved this while you were writing" in second.text
    assert schedule.kind_of("asks", None).number == 24
    client.post(address, {"number": 48, "reason": "Second", "version": 1})
    assert schedule.kind_of("asks", None).number == 48
    assert "24 months" in client.get(address).text


@pytest.mark.parametrize("role", ["data_officer", "data_protection_officer"])
def test_whoever_watches_sees_the_schedule_and_changes_nothing(role, client_of):
    client = client_of(role)
    page = client.get("/data-protection/retention/").text
    assert "Sessions" in page
    assert "/data-protection/retention/sessions/" not in page
    assert client.post("/data-protection/due/erase/").status_code == 403


def test_an_earlier_day_is_past_and_a_later_one_is_not():
    now = timezone.now()
    kind = schedule.kind_of("tasks", None)
    assert kind.ends_before(now) <= now - timedelta(days=30)
    assert kind.ends_before(now) > now - timedelta(days=32)
