"""The database itself keeps the audit trail as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from headway.web.audit.actions import erase_versions, purge_before, record
from headway.web.audit.models import AuditEvent, Purge, Version
from headway.web.audit.versions import save_version

pytestmark = pytest.mark.django_db


def attempt(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def an_event(verb: str = "did something") -> AuditEvent:
    with transaction.atomic():
        return record(verb, by=None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditevent SET verb = 'did nothing'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_version SET number = 7",
        "DELETE FROM audit_version",
        "UPDATE audit_purge SET reason = 'another'",
        "UPDATE audit_purge SET is_open = (1 = 1)",
        "DELETE FROM audit_purge",
    ],
)
def test_what_the_trail_holds_can_neither_be_changed_nor_deleted(sql, people):
    head = people["head_of_school_improvement"]
    an_event()
    save_version("note:1", {"text": "before"}, by=head, expected=0)
    purge_before(timezone.now() - timedelta(days=9000), by=head, reason="past their retention")
    with pytest.raises(DatabaseError, match="the audit trail is never changed"):
        attempt(sql)


def test_an_event_saved_again_is_refused_before_the_database_is_asked():
    event = an_event()
    event.verb = "did nothing"
    with pytest.raises(ValueError, match="never changed"):
        event.save()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        record("did something", by=None)


def test_a_purge_erases_what_is_older_and_nothing_else_and_says_so(people):
    head = people["head_of_school_improvement"]
    old = an_event("old")
    moment = timezone.now()
    an_event("new")

    gone = purge_before(moment, by=head, reason="six years are over")

    assert gone >= 1
    assert not AuditEvent.objects.filter(pk=old.pk).exists()
    assert AuditEvent.objects.filter(verb="new").count() == 1
    told = AuditEvent.objects.get(verb="purged the audit trail")
    assert told.by == head.email
    assert told.detail["reason"] == "six years are over"
    assert told.detail["events"] == gone
    assert Purge.objects.get().is_open is False


def test_after_a_purge_the_protection_stands_again(people):
    an_event("older than the purge")
    purge_before(timezone.now() - timedelta(days=1), by=people["data_officer"], reason="retention")
    with pytest.raises(DatabaseError, match="never changed"):
        attempt("DELETE FROM audit_auditevent")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_purge_needs_a_reason(reason, people):
    with pytest.raises(ValueError, match="needs a reason"):
        purge_before(timezone.now(), by=people["data_officer"], reason=reason)


def test_what_is_yet_to_come_cannot_be_purged(people):
    with pytest.raises(ValueError, match="only what is past"):
        purge_before(timezone.now() + timedelta(minutes=1), by=people["data_officer"], reason="all of it")


def test_the_versions_of_one_record_can_be_erased_and_no_others(people):
    head = people["head_of_school_improvement"]
    save_version("note:1", {"text": "one"}, by=head, expected=0)
    save_version("note:2", {"text": "two"}, by=head, expected=0)

    assert erase_versions("note:1", by=head, reason="the pupil has left and retention is over") == 1

    assert [version.subject for version in Version.objects.all()] == ["note:2"]
    assert AuditEvent.objects.get(verb="erased versions").subject == "note:1"
