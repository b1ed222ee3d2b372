"""Asking schools: who may, what it must say, the head's one list, the burden and its cap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from headway.web.asks import actions, bases, burden, presenters
from headway.web.asks.models import Ask, Cap
from headway.web.audit import versions
from headway.web.audit.models import AuditEvent
from headway.web.people import today
from headway.web.people.actions import NotPermitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
OWN, OTHER = "school:100001", "school:200001"


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def asked(by, **more) -> Ask:
    given = {
        "school_key": OWN, "what": "Autumn numbers", "purpose": "Assessment", "legal_basis": "Public task",
        "minutes": 20, "due": in_days(7),
    }  # fmt: skip
    return actions.ask(by=by, **given | more)


def form_of(**more) -> dict:
    return {
        "what": "Autumn numbers", "how": "Write them here", "purpose": "Assessment",
        "legal_basis": bases.legal_bases()[0].words,
        "minutes": "20", "due": in_days(7).isoformat(), "schools": [OWN], "together": "7d8e8c3e-3c0e-4c56-9a1f-0f0f0f0f0f0f",
    } | more  # fmt: skip


def test_what_is_asked_stands_in_the_heads_one_list_with_its_purpose_basis_and_minutes(client_of, people):
    asked(people["data_officer"], how="Write the number here")
    page = client_of("headteacher").get("/asks/").text
    for words in ("Autumn numbers", "Assessment", "Public task", "20", "1 request waits", "about 20 minutes"):
        assert words in page
    one = client_of("headteacher").get(f"/asks/{Ask.objects.get().pk}/").text
    assert "Write the number here" in one
    assert [task.text for task in today.tasks(people["headteacher"])] == ["Autumn numbers"]


def test_the_head_answers_and_whoever_asked_reads_it(client_of, people):
    one = asked(people["data_officer"])
    gone = client_of("headteacher").post(
        f"/asks/{one.pk}/", {"decision": "answer", "text": "Thirty of them", "version": 1}
    )
    assert gone.status_code == 302
    one.refresh_from_db()
    assert (one.state, one.answer, one.decided_by) == ("answered", "Thirty of them", people["headteacher"])
    assert "Thirty of them" in client_of("data_officer").get(f"/asks/sent/{one.pk}/").text
    assert today.tasks(people["headteacher"]) == []
    verbs = list(AuditEvent.objects.filter(subject=one.subject).order_by("id").values_list("verb", flat=True))
    assert verbs == ["asked a school", "answered what was asked"]
    assert [each.snapshot["state"] for each in versions.versions(one.subject)] == ["answered", "asked"]


def test_two_leaders_of_a_school_who_answer_at_once_lose_nothing(client_of, people):
    one = asked(people["data_officer"])
    actions.answer(one, text="Thirty", by=people["senior_leader"], expected=1)
    page = client_of("headteacher").post(
        f"/asks/{one.pk}/", {"decision": "answer", "text": "Thirty-one", "version": 1}
    )
    assert page.status_code == 200
    assert "Somebody else saved this" in page.text
    assert "Thirty-one" in page.text
    assert Ask.objects.get().answer == "Thirty"


def test_declining_needs_a_reason_and_costs_the_school_nothing(people):
    one = asked(people["data_officer"])
    with pytest.raises(NotPermitted, match="why you decline"):
        actions.decline(one, reason=" ", by=people["headteacher"])
    assert burden.minutes_asked([OWN], burden.term_of(one.due)) == {OWN: 20}
    actions.decline(one, reason="It is in the census", by=people["headteacher"])
    assert burden.minutes_asked([OWN], burden.term_of(one.due)) == {OWN: 0}


def test_a_request_is_taken_back_with_a_reason_and_only_before_it_is_answered(people):
    one, other = asked(people["data_officer"]), asked(people["data_officer"])
    actions.withdraw(one, reason="We have it", by=people["link_adviser"])
    with pytest.raises(NotPermitted, match="taken back"):
        actions.answer(one, text="late", by=people["headteacher"])
    actions.answer(other, text="here", by=people["headteacher"])
    with pytest.raises(NotPermitted, match="answered"):
        actions.withdraw(other, reason="no longer", by=people["data_officer"])


@pytest.mark.parametrize("role", ["headteacher", "governor", "trust_leader", "client", "administrator"])
def test_who_may_not_ask_cannot(role, people):
    with pytest.raises(NotPermitted):
        asked(people[role])
    assert Ask.objects.count() == 0


def test_nobody_asks_a_school_that_is_not_theirs(people):
    with pytest.raises(NotPermitted, match="not yours"):
        actions.ask_many([OWN, OTHER], "a", "b", "c", 5, in_days(1), by=people["data_officer"])
    assert Ask.objects.count() == 0


@pytest.mark.parametrize(
    ("missing", "said"),
    [({"what": " "}, "what you ask"), ({"purpose": ""}, "for"), ({"legal_basis": ""}, "legal basis"),
     ({"minutes": 0}, "minutes"), ({"due": date(2020, 1, 1)}, "yet to come")],
)  # fmt: skip
def test_a_request_says_everything(missing, said, people):
    with pytest.raises(NotPermitted, match=said):
        asked(people["data_officer"], **missing)


def test_the_browsers_back_button_asks_nobody_twice(client_of, people):
    browser = client_of("data_officer")
    for _ in range(2):
        assert browser.post("/asks/new/", form_of(confirmed="1")).status_code == 302
    assert Ask.objects.count() == 1
    assert AuditEvent.objects.filter(verb="asked a school").count() == 1


def test_what_it_comes_to_is_shown_before_anything_is_sent(client_of, people):
    asked(people["data_officer"], minutes=40)
    page = client_of("data_officer").post("/asks/new/", form_of()).text
    assert "Calder Bridge Primary School" in page
    (one,) = burden.outlook([OWN], minutes=20, due=in_days(7))
    assert (one.before, one.after, one.cap, one.over) == (40, 60, None, False)
    assert Ask.objects.count() == 1


def test_asking_for_predictions_shows_what_the_department_says_of_them(client_of):
    page = client_of("data_officer").post("/asks/new/", form_of(what="Predicted results of Year 6")).text
    assert "should not request predictions" in page
    assert bases.cautions("Attendance of Year 6") == []


def test_own_words_are_asked_for_where_no_source_names_the_basis(client_of):
    page = client_of("data_officer").post("/asks/new/", form_of(legal_basis="own words"))
    assert "Say in your own words on which legal basis" in page.text
    sent = client_of("data_officer").post(
        "/asks/new/",
        form_of(legal_basis="own words", legal_basis_words="Condition 4 of the grant", confirmed="1"),
    )
    assert sent.status_code == 302
    assert Ask.objects.get().legal_basis == "Condition 4 of the grant"


def test_over_the_cap_a_reason_is_needed_and_kept_and_marked(client_of, people):
    actions.set_cap(
        organisation="authority:936", minutes=50, period="term", by=people["head_of_school_improvement"]
    )
    due = in_days(3)
    asked(people["data_officer"], minutes=40, due=due)
    with pytest.raises(actions.OverCap, match="Calder Bridge"):
        asked(people["data_officer"], minutes=20, due=due)
    assert asked(people["data_officer"], minutes=10, due=due).over_cap_because == ""
    one = asked(people["data_officer"], minutes=20, due=due, over_cap_because="The inspection is on Monday")
    assert one.over_cap_because == "The inspection is on Monday"
    event = AuditEvent.objects.filter(subject=one.subject).get()
    assert event.detail["over the cap because"] == "The inspection is on Monday"
    assert "Over the cap" in client_of("headteacher").get("/asks/").text
    page = client_of("data_officer").post("/asks/new/", form_of(due=due.isoformat(), confirmed="1"))
    assert "goes over the cap of Calder Bridge" in page.text


def test_there_is_no_cap_until_the_authority_sets_one_and_it_can_be_lifted(people):
    assert burden.caps_of([OWN]) == {}
    head = people["head_of_school_improvement"]
    with pytest.raises(NotPermitted):
        actions.set_cap(organisation="authority:936", minutes=50, period="term", by=people["data_officer"])
    actions.set_cap(organisation="authority:936", minutes=50, period="term", by=head)
    assert burden.caps_of([OWN, OTHER])[OWN].minutes == 50
    assert OTHER not in burden.caps_of([OWN, OTHER])
    actions.set_cap(organisation="authority:936", minutes=None, period="term", by=head)
    assert Cap.objects.count() == 0
    details = list(
        AuditEvent.objects.filter(verb="set the cap on asking")
        .order_by("id")
        .values_list("detail", flat=True)
    )
    assert details == [{"was": "none", "is": "50 minutes a term"}, {"was": "50 minutes a term", "is": "none"}]


@pytest.mark.parametrize(
    ("day", "term", "first", "last"),
    [
        (date(2026, 9, 1), "autumn term 2026", date(2026, 9, 1), date(2026, 12, 31)),
        (date(2026, 12, 31), "autumn term 2026", date(2026, 9, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), "spring term 2027", date(2027, 1, 1), date(2027, 4, 30)),
        (date(2027, 4, 30), "spring term 2027", date(2027, 1, 1), date(2027, 4, 30)),
        (date(2027, 5, 1), "summer term 2027", date(2027, 5, 1), date(2027, 8, 31)),
    ],
)
def test_terms_divide_the_school_year(day, term, first, last):
    assert burden.term_of(day) == burden.Period(term, first, last)
    year = burden.school_year_of(day)
    assert year == burden.Period("2026/27", date(2026, 9, 1), date(2027, 8, 31))


def test_the_head_of_service_sees_the_burden_by_purpose(client_of, people):
    officer = people["data_officer"]
    now = timezone.localdate()
    asked(officer, minutes=30, due=now)
    asked(officer, minutes=15, due=now, purpose="Target setting")
    page = presenters.school_burden(OWN, with_answers=False)
    assert (page.burden.this_term, page.burden.this_year, page.burden.waiting) == (45, 45, 2)
    assert page.by_purpose == [("Assessment", 30, 30), ("Target setting", 15, 15)]
    shown = client_of("head_of_school_improvement").get("/asks/burden/").text
    assert "45 minutes asked of them this term" in shown
    file = (
        client_of("head_of_school_improvement")
        .get("/asks/burden/file/")
        .content.decode("utf-8-sig")
        .splitlines()
    )
    assert file[1] == "school:100001,Calder Bridge Primary School,45,45,,,2,0,False"


def test_overdue_requests_come_back_to_both_and_a_reminder_goes_to_the_top(people):
    one, two = (asked(people["data_officer"], together="one round") for _ in range(2))
    assert one.pk == two.pk
    Ask.objects.update(due=in_days(-2))
    (task,) = today.tasks(people["headteacher"])
    assert (task.status, task.urgent) == ("Overdue", False)
    (theirs,) = today.tasks(people["data_officer"])
    assert theirs.text == "Autumn numbers: one school has not answered"
    actions.remind(one, by=people["data_officer"])
    assert today.tasks(people["headteacher"])[0].status == "Now"
    with pytest.raises(NotPermitted, match="today already"):
        actions.remind(one, by=people["data_officer"])


def test_a_cell_of_the_file_is_never_a_formula(client_of, people):
    one = asked(people["data_officer"], what="=HYPERLINK(1)")
    actions.answer(one, text="+44", by=people["headteacher"])
    text = client_of("headteacher").get("/asks/file/").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "'+44" in text


def test_lists_ask_the_same_number_of_questions_whatever_their_length(
    client_of, people, django_assert_max_num_queries
):
    for number in range(30):
        asked(people["data_officer"], what=f"Number {number}")
    head, officer = client_of("headteacher"), client_of("data_officer")
    for browser, address in ((head, "/asks/"), (officer, "/asks/sent/"), (officer, "/asks/burden/")):
        with django_assert_max_num_queries(16):
            assert browser.get(address).status_code == 200
