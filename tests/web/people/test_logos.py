"""The authority's logo: a picture, checked by what it is, shown to everybody, and nothing else that is kept."""

from __future__ import annotations

import struct

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from headway.web.audit.models import AuditEvent
from headway.web.people import logos
from headway.web.people.models import ServiceSettings

SETTINGS = {"name": "Northmoor Schools", "organisation_name": "Northmoor Council", "colour": "#112233"}


def png(width: int = 200, height: int = 50) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"
    )


def jpeg(width: int = 200, height: int = 50) -> bytes:
    start = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9
    return start + b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + b"\0" * 10


@pytest.fixture(autouse=True)
def _documents_of_this_test(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }


@pytest.mark.parametrize(("content", "ending"), [(png(), ".png"), (jpeg(), ".jpg")])
def test_a_picture_is_known_by_its_content_and_named_by_its_hash(content, ending):
    name = logos.checked(content)
    assert name.endswith(ending)
    assert name != logos.checked(content + b"more")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not a PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "not a PNG or JPEG"),
        (b"\xff\xd8\xff", "not a PNG or JPEG"),
        (b"", "not a PNG or JPEG"),
        (png() + b"\0" * logos.LARGEST_BYTES, "larger than 200 kB"),
        (png(width=2_001), "more than 2000 pixels"),
        (jpeg(height=2_001), "more than 2000 pixels"),
    ],
)
def test_what_cannot_be_a_logo_is_refused_with_a_reason(content, said):
    with pytest.raises(ValidationError, match=said):
        logos.checked(content)


@pytest.mark.django_db
def test_a_logo_stands_on_every_page_until_it_is_removed(client_of, client):
    sent = SimpleUploadedFile("a logo.svg", png(), "image/svg+xml")
    administrator = client_of("administrator")
    administrator.post("/settings/", SETTINGS | {"version": 0, "logo": sent})
    name = ServiceSettings.objects.get().logo
    page = client.get("/accessibility/").text
    assert f'src="/logo/{name}" alt="Northmoor Council"' in page
    picture = client.get(f"/logo/{name}")
    assert (b"".join(picture.streaming_content), picture["Content-Type"]) == (png(), "image/png")
    administrator.post("/settings/", SETTINGS | {"version": 1, "name": "Another name"})
    assert ServiceSettings.objects.get().logo == name
    administrator.post("/settings/", SETTINGS | {"version": 2, "remove_logo": "on"})
    assert ServiceSettings.objects.get().logo == ""
    assert client.get(f"/logo/{name}").status_code == 404
    said = AuditEvent.objects.filter(verb="changed settings").order_by("pk")
    assert [any("logo" in change.lower() for change in each.detail["what changed"]) for each in said] == [
        True,
        False,
        True,
    ]


@pytest.mark.django_db
def test_a_file_that_is_no_picture_changes_nothing_and_says_what_to_do(client_of):
    sent = SimpleUploadedFile("logo.png", b"not a picture", "image/png")
    page = client_of("administrator").post("/settings/", SETTINGS | {"version": 0, "logo": sent})
    assert "Save the logo as PNG and choose that file." in page.text
    assert not ServiceSettings.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["..%2Fsecret.key", "x.png", "0.jpg"])
def test_no_other_file_can_be_had_as_a_logo(name, client):
    assert client.get(f"/logo/{name}").status_code == 404
