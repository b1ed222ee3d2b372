"""A round from its first day to its last: judged, moderated, signed, sent, answered, published, changed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from headway.policy import rounds, scheme_packs
from headway.policy.gathering import profiles_for
from headway.policy.schemes import SchemeError
from headway.web.audit import versions
from headway.web.audit.models import AuditEvent
from headway.web.categories import actions, presenters, reckoning, scheme_actions, sight
from headway.web.categories.letters import letter
from headway.web.categories.models import Round, Standing
from headway.web.design.environment import day
from headway.web.people import access, today
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.models import Organisation
from web_schools import OTHER, OWN, make, make_schools, unsaved

SCHEME = "southwark-2002"
CRITERIA = (
    "low_attaining_literacy",
    "underperforming_literacy",
    "low_attaining_numeracy",
    "underperforming_numeracy",
)


@pytest.fixture
def schools(db):
    made = make_schools()
    made["second"] = make("school:100002", "Fell View Primary School", authority="authority:936")
    return made


@pytest.fixture
def reckoned(monkeypatch):
    """Profiles with no figures, in place of a store: the scheme of this test rests on judgements alone."""

    def open_schools(store, day):
        keys = sorted(Organisation.objects.filter(kind="school").values_list("key", flat=True))
        return pl.DataFrame({"organisation": keys, "name": [f"Name of {one}" for one in keys]})

    def profiles_of(store, run, scheme, schools, *, year, as_at, entered=()):
        return profiles_for(schools, year, figures=pl.DataFrame(), entered=entered, as_at=as_at)

    run = SimpleNamespace(id="run-0001")
    store = SimpleNamespace(run=lambda _: run)
    monkeypatch.setattr(reckoning, "open_schools", open_schools)
    monkeypatch.setattr(reckoning, "profiles_of", profiles_of)
    monkeypatch.setattr(reckoning, "evidence_of", lambda: (store, run))
    monkeypatch.setattr(actions, "evidence_of", lambda: (store, run))


@pytest.fixture
def held(people, schools, reckoned) -> Round:
    return actions.open_round(
        "authority:936",
        scheme=SCHEME,
        year=2002,
        as_at=date(2002, 12, 1),
        title="Autumn 2002",
        by=people["data_officer"],
    )


def standing(held: Round, school: str = OWN) -> Standing:
    return held.standings.get(organisation=school)


def judged(held: Round, by: User, school: str = OWN, **levels: str) -> Standing:
    found = dict.fromkeys(CRITERIA, "no") | {"high": "not high"} | levels
    for criterion, level in found.items():
        actions.judge(
            standing(held, school), criterion=criterion, level=level, note="Seen in the books", by=by
        )
    return standing(held, school)


def everything_judged(held: Round, people: dict[str, User]) -> None:
    for school in ("school:100001", "school:100002"):
        judged(held, people["head_of_school_improvement"], school)


def sent(held: Round, people: dict[str, User]) -> Round:
    everything_judged(held, people)
    return actions.send(held, reply_by=timezone.localdate() + timedelta(days=14), by=people["data_officer"])


def test_a_round_has_every_school_of_the_authority_and_no_other(held):
    assert set(held.standings.values_list("organisation", flat=True)) == {OWN, "school:100002"}


def test_without_judgements_nobody_has_a_category(held):
    assert set(held.standings.values_list("computed", flat=True)) == {""}


@pytest.mark.parametrize(
    ("levels", "category", "groups"),
    [
        ({"low_attaining_literacy": "yes", "underperforming_literacy": "yes"}, "A", 2),
        ({"low_attaining_literacy": "yes", "underperforming_numeracy": "yes"}, "B", 2),
        ({"high": "high"}, "C", 0),
        ({}, "B", 0),
    ],
)
def test_judgements_give_southwarks_categories_and_both_subjects_are_shown(
    held, people, levels, category, groups
):
    one = judged(held, people["link_adviser"], **levels)
    assert one.computed == category
    assert len(one.evidence["groups"]) == groups


def test_an_adviser_judges_the_caseload_and_no_other_school(held, people):
    with pytest.raises(NotPermitted):
        actions.judge(
            standing(held, "school:100002"),
            criterion="high",
            level="high",
            note="n",
            by=people["link_adviser"],
        )


def test_a_judgement_says_on_what_it_rests(held, people):
    with pytest.raises(NotPermitted, match="rests"):
        actions.judge(standing(held), criterion="high", level="high", note=" ", by=people["link_adviser"])


def test_two_who_judge_at_once_are_both_heard(held, people):
    first, second = people["link_adviser"], people["head_of_school_improvement"]
    actions.judge(standing(held), criterion="high", level="high", note="One", by=first, expected=0)
    with pytest.raises(versions.Conflict) as conflict:
        actions.judge(standing(held), criterion="high", level="not high", note="Two", by=second, expected=0)
    assert conflict.value.theirs["note"] == "One"
    assert conflict.value.yours["note"] == "Two"


def test_a_judgement_is_kept_as_the_page_asks_for_it(held, people, client_of):
    client, one = client_of("link_adviser"), standing(held)
    page = client.get(reverse("standing", args=[one.pk])).content.decode()
    names = re.findall(r'name="(high-[a-z]+)"', page)
    assert set(names) == {"high-level", "high-note", "high-version"}
    given = {"high-level": "high", "high-note": "Seen in the books", "high-version": "0"}
    answer = client.post(reverse("judge", args=[one.pk, "high"]), given, follow=True)
    assert "Your judgement is kept" in answer.content.decode()
    assert one.judged.get().level == "high"
    clash = client.post(reverse("judge", args=[one.pk, "high"]), given).content.decode()
    assert re.findall(r'name="([a-z_]+-version)" value="1"', clash) == ["high-version"]


def test_another_category_needs_a_reason_and_a_second_signature(held, people):
    adviser, head = people["link_adviser"], people["head_of_school_improvement"]
    judged(held, adviser, high="high")
    with pytest.raises(NotPermitted, match="Say why"):
        actions.propose(standing(held), category="B", reason="", by=adviser)
    one = actions.propose(standing(held), category="B", reason="A new head begins in January", by=adviser)
    assert (one.category, one.waits_for_signature) == ("C", True)
    with pytest.raises(NotPermitted, match="own proposal"):
        actions.sign(one, by=adviser)
    one = actions.sign(one, by=head)
    assert (one.category, one.waits_for_signature) == ("B", False)


def test_whoever_only_sees_may_not_sign(held, people):
    judged(held, people["link_adviser"])
    one = actions.propose(standing(held), category="A", reason="r", by=people["link_adviser"])
    with pytest.raises(NotPermitted):
        actions.sign(one, by=people["headteacher"])


def test_a_round_is_not_sent_while_a_school_has_no_category_or_a_proposal_is_unsigned(held, people):
    day = timezone.localdate() + timedelta(days=14)
    with pytest.raises(NotPermitted, match="no category yet"):
        actions.send(held, reply_by=day, by=people["data_officer"])
    everything_judged(held, people)
    actions.propose(standing(held), category="A", reason="r", by=people["link_adviser"])
    with pytest.raises(NotPermitted, match="second signature"):
        actions.send(held, reply_by=day, by=people["data_officer"])


def test_a_frozen_round_never_changes(held, people):
    held = sent(held, people)
    before = actions.frozen(held)
    with pytest.raises(NotPermitted, match="frozen"):
        actions.judge(standing(held), criterion="high", level="high", note="n", by=people["link_adviser"])
    with pytest.raises(NotPermitted, match="frozen"):
        actions.propose(standing(held), category="A", reason="r", by=people["link_adviser"])
    actions.answer(standing(held), answer=Standing.AGREED, text="", by=people["headteacher"])
    actions.publish(held, by=people["data_officer"])
    assert actions.frozen(Round.objects.get(pk=held.pk)) == before
    Round.objects.filter(pk=held.pk).update(frozen_text=held.frozen_text.replace("Name of", "Not"))
    with pytest.raises(rounds.RoundError):
        actions.frozen(Round.objects.get(pk=held.pk))


def test_a_school_sees_its_own_proposal_once_it_is_sent_and_nobody_elses(held, people):
    head = people["headteacher"]
    assert not sight.standings(head).exists()
    sent(held, people)
    assert list(sight.standings(head).values_list("organisation", flat=True)) == [OWN]


def test_governors_see_the_category_once_it_is_published_and_no_reasons(held, people):
    held = sent(held, people)
    governor = people["governor"]
    assert not sight.standings(governor).exists()
    actions.publish(held, by=people["head_of_school_improvement"])
    page = presenters.standing_page(governor, sight.standings(governor).get())
    assert page.category.text == "Category B"
    assert not page.row
    assert presenters.standing_page(people["headteacher"], standing(held)).row


def test_ac4_a_head_who_does_not_agree_is_recorded_and_answered(held, people):
    held = sent(held, people)
    head, service = people["headteacher"], people["head_of_school_improvement"]
    with pytest.raises(NotPermitted, match="see differently"):
        actions.answer(standing(held), answer=Standing.DIFFERENCE, text="", by=head)
    one = actions.answer(
        standing(held), answer=Standing.DIFFERENCE, text="Our Year 6 was five pupils", by=head
    )
    assert one.category == "B"
    assert "difference recorded" in presenters.ANSWERS[one.answer]
    assert one.reply_by_day == timezone.localdate() + actions.REPLY_WITHIN
    waiting = [task for task in today.tasks(service) if "does not agree" in task.text]
    assert [task.due for task in waiting] == [one.reply_by_day]
    one = actions.reply(one, text="We have read it, and visit you in January", by=service)
    assert not one.waits_for_reply
    assert one.answer_text == "Our Year 6 was five pupils"


def test_nobody_answers_for_another_school(held, people):
    held = sent(held, people)
    with pytest.raises(NotPermitted):
        actions.answer(
            standing(held, "school:100002"), answer=Standing.AGREED, text="", by=people["headteacher"]
        )


def test_a_published_category_changes_on_a_trigger_when_another_has_signed(held, people):
    held = actions.publish(sent(held, people), by=people["data_officer"])
    adviser, head = people["link_adviser"], people["head_of_school_improvement"]
    made = actions.change(
        standing(held), category="A", because="The headteacher has left", on=timezone.localdate(), by=adviser
    )
    assert actions.current(standing(held)) == "B"
    with pytest.raises(NotPermitted, match="own proposal"):
        actions.sign_change(made, by=adviser)
    actions.sign_change(made, by=head)
    assert actions.current(standing(held)) == "A"
    assert standing(held).category == "B"


def test_a_later_round_closes_the_one_before(held, people):
    first = actions.publish(sent(held, people), by=people["data_officer"])
    again = actions.open_round(
        "authority:936",
        scheme=SCHEME,
        year=2003,
        as_at=date(2003, 8, 1),
        title="2003",
        by=people["data_officer"],
    )
    actions.publish(sent(again, people), by=people["data_officer"])
    assert Round.objects.get(pk=first.pk).state == Round.CLOSED


def test_a_scheme_outside_its_dates_is_refused(people, schools, reckoned):
    with pytest.raises(SchemeError, match="not of 2019"):
        actions.open_round(
            "authority:936",
            scheme=SCHEME,
            year=2019,
            as_at=date(2002, 12, 1),
            title="t",
            by=people["data_officer"],
        )
    assert not Round.objects.exists()


def test_nobody_holds_a_round_of_another_authority(people, schools, reckoned):
    with pytest.raises(NotPermitted):
        actions.open_round(
            "authority:937",
            scheme=SCHEME,
            year=2002,
            as_at=date(2002, 12, 1),
            title="t",
            by=people["data_officer"],
        )


def test_an_authority_changes_its_copy_and_holds_a_round_by_it(people, schools, reckoned):
    by = people["data_officer"]
    copy = scheme_actions.copy_scheme("authority:936", pack=SCHEME, title="Our scheme", by=by)
    text = copy.text.replace('title = "Category A"', 'title = "Closest support"')
    scheme_actions.save_scheme(copy, title="Our scheme", text=text, by=by, expected=1)
    with pytest.raises(versions.Conflict):
        scheme_actions.save_scheme(copy, title="Mine", text=text, by=by, expected=1)
    copy = scheme_actions.adopt_scheme(copy, by=by)
    with pytest.raises(NotPermitted, match="stays as it is"):
        scheme_actions.save_scheme(copy, title="t", text=text, by=by, expected=2)
    held = actions.open_round(
        "authority:936", scheme=copy.key, year=2002, as_at=date(2002, 12, 1), title="t", by=by
    )
    assert actions.scheme_of(held).category("A").title == "Closest support"


def test_a_text_that_is_no_scheme_is_refused_and_nothing_is_lost(people, schools):
    by = people["data_officer"]
    copy = scheme_actions.copy_scheme("authority:936", pack=SCHEME, title="Our scheme", by=by)
    with pytest.raises(scheme_packs.PackError):
        scheme_actions.save_scheme(copy, title="t", text="method = 3", by=by, expected=1)
    copy.refresh_from_db()
    assert copy.text == scheme_packs.shipped()[SCHEME].text


def test_what_if_says_who_moves_and_keeps_nothing(held, people):
    everything_judged(held, people)
    before = list(held.standings.values_list("computed", flat=True))
    found = actions.reckon_round(held)
    answer = presenters.what_if(found, "high.weight=3")
    assert (answer.schools, answer.moves) == (2, [])
    assert list(held.standings.values_list("computed", flat=True)) == before


def test_every_step_stands_in_the_audit_trail(held, people):
    held = sent(held, people)
    actions.answer(standing(held), answer=Standing.AGREED, text="", by=people["headteacher"])
    actions.publish(held, by=people["data_officer"])
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {
        "opened a round",
        "judged a criterion",
        "sent proposals to schools",
        "answered to its category",
        "published categories",
    } <= verbs


def test_no_other_authority_sees_a_round(held, people):
    outside = User.objects.create_user("outside@example.org", "Outside")
    outside.roles_held.create(role="head_of_school_improvement", scope="authority:937")
    assert access.holds(outside, Permission.HOLD_ROUNDS)
    assert not sight.standings(outside).exists()
    assert OTHER not in set(Standing.objects.values_list("organisation", flat=True))


def test_a_round_of_many_schools_asks_no_more_of_the_database(held, people, client_of):
    client = client_of("data_officer")
    address = reverse("round", args=[held.pk])
    counts = []
    for number in (2, 60):
        Standing.objects.bulk_create(
            Standing(round=held, organisation=f"school:{500000 + at}", name=f"School {at}", evidence={})
            for at in range(number - held.standings.count())
        )
        Organisation.objects.bulk_create(
            [
                unsaved(f"school:{500000 + at}", f"School {at}", authority="authority:936")
                for at in range(number - 2)
            ]
        )
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_adviser_who_is_a_governor_elsewhere_finds_no_reasons_of_that_school_in_the_round(held, people):
    adviser, other = people["link_adviser"], "school:100002"
    adviser.roles_held.create(role="governor", scope=other)
    held = actions.publish(sent(held, people), by=people["data_officer"])
    access.forget(adviser)
    assert {one.organisation for one in sight.standings(adviser)} == {OWN, other}
    page = presenters.round_page(adviser, held)
    assert [line.id for line in page.lines] == [standing(held).pk]
    assert not presenters.standing_page(adviser, standing(held, other)).row


def test_why_a_category_changed_is_for_those_who_see_the_reasons(held, people, client_of):
    held = actions.publish(sent(held, people), by=people["data_officer"])
    made = actions.change(
        standing(held),
        category="A",
        because="Two of six pupils",
        on=timezone.localdate(),
        by=people["link_adviser"],
    )
    actions.sign_change(made, by=people["head_of_school_improvement"])
    address = reverse("standing", args=[standing(held).pk])
    for role, told in (("headteacher", True), ("governor", False), ("client", False)):
        page = client_of(role).get(address).content.decode()
        assert "Changes since" in page
        assert ("Two of six pupils" in page) is told, role


def test_nobody_signs_a_proposal_that_was_changed_while_they_read_it(held, people, client_of):
    adviser, head = people["link_adviser"], people["head_of_school_improvement"]
    judged(held, adviser)
    one = actions.propose(standing(held), category="C", reason="Read this", by=adviser)
    read = presenters.standing_page(head, one).version
    actions.propose(standing(held), category="A", reason="Not this", by=adviser)
    with pytest.raises(NotPermitted, match="changed"):
        actions.sign(one, by=head, expected=read)
    address = reverse("sign_category", args=[one.pk])
    client = client_of("head_of_school_improvement")
    for version in (str(read), "", "²", "9" * 30):
        client.post(address, {"version": version})
        assert standing(held).waits_for_signature
    client.post(address, {"version": str(presenters.standing_page(head, standing(held)).version)})
    assert standing(held).category == "A"


def test_a_round_is_not_sent_as_something_else_than_what_people_saw(held, people):
    everything_judged(held, people)
    Standing.objects.filter(pk=standing(held).pk).update(computed="C")  # as before records were loaded since
    day = timezone.localdate() + timedelta(days=14)
    with pytest.raises(NotPermitted, match="Name of school:100001 came out differently"):
        actions.send(held, reply_by=day, by=people["data_officer"])
    assert standing(held).computed == "B"
    assert actions.send(held, reply_by=day, by=people["data_officer"]).is_frozen


def test_a_school_that_the_register_no_longer_has_stops_the_round_with_words(held, people, monkeypatch):
    everything_judged(held, people)
    whole = actions.reckon_round

    def without_one(held: Round) -> reckoning.Reckoned:
        found = whole(held)
        return reckoning.Reckoned(found.scheme, found.profiles[:1], found.proposals[:1])

    monkeypatch.setattr(actions, "reckon_round", without_one)
    with pytest.raises(NotPermitted, match="not open on 1 December 2002"):
        actions.send(held, reply_by=timezone.localdate() + timedelta(days=14), by=people["data_officer"])


def test_a_criterion_that_figures_decide_for_this_kind_of_school_is_not_judged_by_people(held, people):
    scheme = actions.scheme_of(held)
    asked = next(one for one in scheme.criteria if one.key == "high")
    only = replace(asked, rules=tuple(replace(rule, kinds=("special",)) for rule in asked.rules))
    one = replace(scheme, criteria=(only,))
    assert actions.judged_by_people(one, Standing(round=held, evidence={"kind": "special"})) == [only]
    assert actions.judged_by_people(one, Standing(round=held, evidence={"kind": "primary"})) == []


def test_a_change_of_a_closed_round_is_not_signed(held, people):
    held = actions.publish(sent(held, people), by=people["data_officer"])
    made = actions.change(
        standing(held), category="A", because="b", on=timezone.localdate(), by=people["link_adviser"]
    )
    Round.objects.filter(pk=held.pk).update(state=Round.CLOSED)
    with pytest.raises(NotPermitted, match="later round"):
        actions.sign_change(made, by=people["head_of_school_improvement"])


def test_a_list_of_many_categories_asks_no_more_of_the_database(held, people, client_of):
    client, counts = client_of("client"), []
    Round.objects.filter(pk=held.pk).update(state=Round.PUBLISHED, published_at=timezone.now())
    for number in (2, 30):
        keys = [f"school:{600000 + at}" for at in range(number - held.standings.count())]
        Organisation.objects.bulk_create(unsaved(key, key, authority="authority:936") for key in keys)
        Standing.objects.bulk_create(
            Standing(round=held, organisation=key, name=key, evidence={}) for key in keys
        )
        client.get(reverse("categories"))
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse("categories"))
        assert answer.content.decode().count("/categories/standings/") == number
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_letter_says_what_is_proposed_why_and_how_to_answer(held, people):
    held = sent(held, people)
    one = standing(held)
    made = letter(one)
    words = " ".join(
        text
        for block in made.blocks
        for text in ([block.text] if hasattr(block, "text") else getattr(block, "items", ()))
    )
    assert "we propose" in words
    assert "Category B" in words
    for found in one.evidence["findings"]:
        assert found["title"] in words
    assert day(held.reply_by) in words
    assert "governors see them in the service" in words
    assert held.digest[:12] in " ".join(made.notes)
    published = letter(standing(actions.publish(held, by=people["data_officer"])))
    assert "we propose" not in " ".join(getattr(block, "text", "") for block in published.blocks)


def test_a_proposal_to_which_later_evidence_led_too_is_not_said_to_differ(held, people):
    one = standing(sent(held, people))
    one.override, one.override_reason, one.signed_at = "A", "Seen on a visit", timezone.now()
    one.override_by, one.signed_by = people["head_of_school_improvement"], people["data_officer"]

    def said() -> bool:
        return "Why we propose something else" in " ".join(
            getattr(block, "text", "") for block in letter(one).blocks
        )

    assert one.computed != "A"
    assert (one.differs, said()) == (True, True)
    one.computed = "A"
    assert (one.differs, said()) == (False, False)
