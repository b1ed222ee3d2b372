"""`headway publish`: what it makes, and what it says when it cannot."""

from __future__ import annotations

import pytest

from cli import headway
from headway.figures import releases
from headway.figures.store import Store
from headway.web.standards import files, reading
from headway.web.standards.models import Release
from released import AUDIENCES


def test_it_writes_a_file_for_every_audience_and_registers_them(publish, small_home):
    release = publish("Summer")
    found = {(one.audience, one.view) for one in release.files.filter(table="results")}
    assert found == {(audience, "shown") for audience in AUDIENCES} | {("school", "own")}
    for one in release.files.all():
        files.verify(reading.folder(), one.sha256)
    stored = releases.release(Store.open(), "Summer")
    assert {one.audience: one.contents["holds"] for one in release.reports.all()} == dict.fromkeys(
        AUDIENCES, True
    )
    assert release.organisations == sorted(stored.results()["organisation"].unique().to_list())


def test_it_is_shown_to_more_and_taken_back_by_command(publish):
    publish("Summer", visibility="data_team")
    assert headway("publish", "Summer", "--visibility", "schools", "--state", "validated").code == 0
    (row,) = headway("publish", "--list", "--json").rows
    assert (row["visibility"], row["state"], row["taken_back_at"]) == ("schools", "validated", None)
    for figures in (("--measure", "ks2_rwm_higher"), ("--year", "2025"), ("--group", "girls")):
        refused = headway("publish", "Summer", "--visibility", "authority", *figures)
        assert (refused.code, "is never changed" in refused.err) == (2, True)
    assert Release.objects.get().visibility == "schools"
    refused = headway("publish", "Summer", "--take-back")
    assert refused.code == 1
    assert "Say why" in refused.err
    assert headway("publish", "Summer", "--take-back", "--why", "Wrong file").code == 0
    assert Release.objects.get().taken_back_why == "Wrong file"
    assert "taken back" in headway("publish", "--list").out


def test_a_release_declared_before_is_published_where_the_same_is_asked_for(small_home, small_schools):
    stored = releases.release(Store.open(), "Summer")
    years = [part for year in stored.declaration.years for part in ("--year", year)]
    answer = headway("publish", "Summer", "--authority", 936, *years, "--audience", "data_officer")
    assert answer.code == 0, answer.err
    assert Release.objects.get().years == sorted(stored.declaration.years)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say under which name"),
        (("A", "--authority", "93"), "three-digit code"),
        (("A", "--authority", "936", "--measure", "ks2_rwm_expectd"), "Did you mean"),
        (("A", "--authority", "936", "--group", "nobody"), "There is no group nobody"),
        (("A", "--authority", "936", "--audience", "press"), "there is no audience"),
        (("A", "--authority", "936", "--state", "final"), "--state may be provisional, validated"),
        (("A", "--authority", "936", "--visibility", "world"), "--visibility may be"),
        (("A", "--authority", "936", "--year", "1999"), "There are no such figures"),
        (("A", "--authority", "123"), "There are no such figures"),
        (("A/B", "--authority", "936"), "cannot be a release's name"),
        (("A", "--take-back"), "No release A was published"),
        (("A",), "There is no release A"),
        (("A", "--national", "--audience", "governors"), "for those who see everything whole"),
        (("A", "--national", "--group", "girls"), "leave out --authority, --audience and --group"),
        (("Summer", "--authority", "936", "--measure", "ks2_rwm_higher"), "is declared already"),
        (("Summer", "--measure", "ks2_rwm_higher"), "is declared already"),
        (("Summer", "--year", "1999"), "is declared already"),
        (("Summer", "--group", "girls"), "is declared already"),
        (("Summer", "--authority", "936", "--year", "1999"), "is declared already"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(small_home, people, arguments, said):
    answer = headway("publish", *arguments)
    assert answer.code in (1, 2)
    assert said in answer.err, answer.err
    assert not Release.objects.exists()


def test_every_school_for_those_who_see_everything_whole(small_home, small_schools, people):
    answer = headway("publish", "England", "--national", "--visibility", "schools")
    assert answer.code == 0, answer.err
    release = Release.objects.get()
    assert (release.is_national, {one.audience for one in release.files.all()}) == (True, {"data_officer"})
    said = headway("school", 100003, "--json").rows
    figures = reading.school_figures(people["data_officer"], "school:100003", release=release)
    shown = {(row["measure"], row["group"], row["year"]): row["value"] for row in figures.results.to_dicts()}
    for row in said:
        key = row["measure"], row["group"], row["year"]
        if key in shown and row["years_pooled"] == 1:
            assert shown[key] == row["value"]
    assert len(shown) > 50
    assert reading.release_for(people["headteacher"], "school:100001") is None
