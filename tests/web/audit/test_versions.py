"""Versions of a record, what changed, and two people at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.web.audit.versions import Conflict, differences, latest, save_version, versions

SNAPSHOTS = st.dictionaries(
    st.sampled_from(["text", "next_step", "agreed", "schools"]), st.text(max_size=5) | st.booleans()
)


@pytest.mark.django_db
def test_versions_are_numbered_from_one_and_the_newest_comes_first(people):
    adviser = people["link_adviser"]
    assert latest("visit:1") == 0
    save_version("visit:1", {"text": "first"}, by=adviser, expected=0)
    save_version("visit:1", {"text": "second"}, by=adviser, expected=1)
    assert [(one.number, one.snapshot["text"], one.by) for one in versions("visit:1")] == [
        (2, "second", adviser.email),
        (1, "first", adviser.email),
    ]


@pytest.mark.django_db
def test_the_second_of_two_people_is_told_what_the_first_wrote_and_keeps_their_own(people):
    adviser, head = people["link_adviser"], people["head_of_school_improvement"]
    save_version("visit:1", {"text": "agreed on Monday"}, by=adviser, expected=0)
    save_version("visit:1", {"text": "agreed on Tuesday"}, by=head, expected=1)
    with pytest.raises(Conflict) as met:
        save_version("visit:1", {"text": "agreed on Friday"}, by=adviser, expected=1)
    conflict = met.value
    assert conflict.theirs == {"text": "agreed on Tuesday"}
    assert conflict.yours == {"text": "agreed on Friday"}
    assert (conflict.by, conflict.number) == (head.email, 2)
    assert latest("visit:1") == 2
    save_version("visit:1", conflict.yours, by=adviser, expected=conflict.number)
    assert versions("visit:1")[0].snapshot == {"text": "agreed on Friday"}


@pytest.mark.django_db
def test_two_first_versions_conflict_too(people):
    save_version("visit:1", {"text": "a"}, by=people["link_adviser"], expected=0)
    with pytest.raises(Conflict):
        save_version("visit:1", {"text": "b"}, by=people["data_officer"], expected=0)


@pytest.mark.django_db
def test_what_somebody_looked_at_may_have_been_erased_since(people):
    assert save_version("visit:1", {"text": "a"}, by=people["link_adviser"], expected=3).number == 1
    with pytest.raises(Conflict):
        save_version("visit:1", {"text": "b"}, by=people["link_adviser"], expected=10**23)


def test_what_changed_reads_as_a_sentence():
    before = {"text": "old", "agreed": False, "schools": ["A", "B"], "gone": "this"}
    after = {"text": "new", "agreed": True, "schools": ["A", "C"], "next_step": "visit", "gone": ""}
    assert [str(each) for each in differences(before, after)] == [
        "Text changed from “old” to “new”",
        "Agreed changed from “no” to “yes”",
        "Schools changed from “A, B” to “A, C”",
        "Next step set to “visit”",
        "Gone “this” removed",
    ]


@given(SNAPSHOTS)
def test_nothing_differs_from_itself(snapshot):
    assert differences(snapshot, snapshot) == []


@given(SNAPSHOTS, SNAPSHOTS)
def test_differences_there_and_back_are_mirrored(before, after):
    there = {(each.field, each.before, each.after) for each in differences(before, after)}
    back = {(each.field, each.after, each.before) for each in differences(after, before)}
    assert there == back
