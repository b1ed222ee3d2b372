"""The example authority's schools, as the demonstration opens with them."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from headway.example import write_example_authority
from headway.figures import loading
from headway.figures.store import Store
from headway.web.audit.models import AuditEvent
from headway.web.schools import feed
from headway.web.schools.example import make_example_schools
from headway.web.schools.models import Belonging, Change, Contact, Note, Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """The example's register and inspections, loaded."""
    folder = tmp_path_factory.mktemp("example")
    example = write_example_authority(folder / "files")
    made = Store.open(folder / "store")
    wanted = [one for one in example.files if one.name.startswith(("register", "ofsted"))]
    loading.load(made, wanted)
    return made


def test_the_example_opens_with_clusters_notes_and_a_feed(store, django_user_model):
    from headway.example.people import make_people

    first = make_example_schools(store)
    assert Organisation.objects.filter(kind="school").count() == 113
    assert first.cluster == "cluster:calder-bridge"
    assert Belonging.objects.filter(group=first.cluster).count() > 5
    scopes = {
        "authority": "authority:999",
        "trust": "trust:99001",
        "cluster": first.cluster,
        "school": "school:900145",
    }
    users = make_people(
        scopes=scopes, caseload=[f"school:{900145 + n}" for n in range(12)], password="x" * 12
    ).users
    make_example_schools(store, users)
    assert Note.objects.count() == 6
    assert Contact.objects.count() == 24
    assert {"new head", "renamed"} <= set(Change.objects.values_list("change", flat=True))
    assert "Mr R Rashid" in feed.changes_to_read(users["link_adviser"])[0].hint
    before = AuditEvent.objects.count()
    make_example_schools(store, users)
    assert (Note.objects.count(), Contact.objects.count()) == (6, 24)
    assert AuditEvent.objects.count() == before


def test_the_register_is_taken_by_a_command_which_says_what_it_did(store, settings, capsys):
    settings.HOME = store.folder
    call_command("take_register")
    assert "The register of 2024-09-01: 117 organisations added" in capsys.readouterr().out
    call_command("take_register")
    assert "0 organisations added, 0 changed" in capsys.readouterr().out


def test_a_store_without_anything_is_said_kindly(settings, tmp_path):
    settings.HOME = tmp_path
    with pytest.raises(CommandError, match="load the register first"):
        call_command("take_register")
