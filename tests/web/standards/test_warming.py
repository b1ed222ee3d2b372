"""What a web process does before anybody waits for it."""

from __future__ import annotations

import logging

import pytest

from headway.web.standards import actions, files, reading, warming
from headway.web.standards.models import Release, ReleaseFile
from released import figure, handmade
from web_schools import OWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(people, settings, tmp_path) -> Release:
    settings.SERVICE = tmp_path
    made = handmade("Summer", "authority:936", [figure(OWN, 20, 30)])
    return actions.publish(made=made, state="validated", visibility="schools", by=None)


def test_every_file_is_proven_once_and_not_again_at_its_first_reading(release, monkeypatch):
    files._opened.cache_clear()
    warming.warm_up()

    def hashed_again(path):
        raise AssertionError(f"{path.name} was hashed at its first reading")

    monkeypatch.setattr(files, "hash_of", hashed_again)
    one = ReleaseFile.objects.filter(order="organisation", table="results", audience="data_officer").get()
    assert files.read(reading.folder(), one.sha256, reading.BY_ORGANISATION, [OWN]).height == 1


def test_a_damaged_file_is_told_in_the_log_and_the_others_are_still_proven(release, caplog):
    files._opened.cache_clear()
    wrong = ReleaseFile.objects.order_by("pk").first()
    assert wrong is not None
    path = files.place_of(reading.folder(), wrong.sha256)
    path.chmod(0o640)
    path.write_bytes(b"not what was published")
    with caplog.at_level(logging.ERROR, logger="headway.web.standards.warming"):
        warming.warm_up()
    assert wrong.sha256[:12] in caplog.text
    proven = ReleaseFile.objects.exclude(sha256=wrong.sha256).values("sha256").distinct().count()
    assert files._opened.cache_info().currsize >= proven
