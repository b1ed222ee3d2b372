"""How the service is set up, read from its settings as they are now: never a secret, a path or the name of a machine."""

from __future__ import annotations

import platform

import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

from headway import __version__
from headway.web.design.logs import JsonFormatter
from headway.web.people import emergencies, invitations, purposes, two_people

Facts = list[tuple[str, object]]


def hosting() -> Facts:
    """Where and on what it runs, and who outside could come to hold something."""
    named = connection.settings_dict
    if connection.vendor == "sqlite":
        database = "SQLite, a file in the service’s own folder"
    else:
        at_home = named["HOST"] in ("", "localhost", "127.0.0.1", "::1") or str(named["HOST"]).startswith("/")
        database = f"PostgreSQL, {'on the same machine' if at_home else 'on another server'}"
    return [
        (
            "Software",
            f"Headway {__version__}, Django {django.get_version()}, Python {platform.python_version()}",
        ),
        ("Database", database),
        (
            "Rows of pupils",
            "Parquet files in the store’s folder beside the service, under a pseudonymous key",
        ),
        ("Connections are encrypted (HTTPS)", _yes(settings.BEHIND_HTTPS)),
        ("A proxy stands before the service", _yes(settings.BEHIND_PROXY)),
        ("E-mail", _email()),
        ("Requests to other hosts", _outside()),
        ("Encrypted at rest", "By the machine’s own disk encryption, if it has one: the service cannot tell"),
    ]


def processors() -> Facts:
    """Who else processes something, as far as the settings tell."""
    found: Facts = [
        (one.title, f"Signs in people of {', '.join(one.email_domains)}; learns who signs in and when")
        for one in settings.DIRECTORIES
    ]
    if _sends_mail():
        found.append(("The mail server", "Carries invitations, resets and notices: name, address, link"))
    found.append(("Whoever hosts the machine", "Name them here: the service cannot know"))
    return found


def signing_in() -> Facts:
    """How people sign in and how long they stay."""
    hours, minutes = settings.LONGEST_SECONDS // 3600, settings.IDLE_SECONDS // 60
    hasher = settings.PASSWORD_HASHERS[0].rpartition(".")[2].removesuffix("PasswordHasher")
    least = next(
        (
            one.get("OPTIONS", {}).get("min_length", 8)
            for one in settings.AUTH_PASSWORD_VALIDATORS
            if one["NAME"].endswith("MinimumLengthValidator")
        ),
        0,
    )
    found: Facts = [
        ("Accounts", f"By invitation only; an invitation holds for {invitations.HOLDS_FOR.days} days"),
        ("Passwords", f"At least {least} characters, not a common one; kept as a hash ({hasher})"),
        ("Second factor", "One-time codes (TOTP) and passkeys; their secrets are kept encrypted"),
        ("A session ends", f"after {minutes} minutes without a request, and after {hours} hours in any case"),
        (
            "Attempts to sign in",
            f"Limited: {settings.ACCOUNT_RATE_LIMITS['login_failed'].replace(',', ', ')}",
        ),
    ]
    for one in settings.DIRECTORIES:
        asks = (
            "which asks for a second factor itself"
            if one.second_factor
            else "a second factor is asked for here"
        )
        found.append(
            (f"Through {one.title}", f"{one.issuer}, addresses of {', '.join(one.email_domains)}; {asks}")
        )
    return found


def seeing_pupils() -> Facts:
    """What stands between a person and a pupil's row."""
    offered = "; ".join(purposes.PURPOSES)
    return [
        (
            "Purpose",
            f"Stated for each school, holds for {purposes.HOLDS_FOR_SECONDS // 60} minutes: {offered}",
        ),
        ("Record", "Each page seen is recorded; the school reads who, when and what for"),
        (
            "Emergency",
            f"{emergencies.LASTS.seconds // 60} minutes, with a reason that the school is shown on its first page",
        ),
        (
            "Bulk export",
            f"Two people; a request waits {two_people.WAITS_FOR.days} days, an approval holds for "
            f"{two_people.APPROVAL_HOLDS_FOR.days} day and is used once",
        ),
    ]


def logs() -> Facts:
    """What the logs of the service hold, from the formatter that writes them."""
    import json
    import logging

    line = JsonFormatter().format(logging.LogRecord("headway", logging.INFO, "", 0, "event", None, None))
    fields = sorted({*json.loads(line), "status_code", "duration_ms", "view", "error", "place"})
    return [
        ("A line holds", ", ".join(name.replace("_", " ") for name in fields)),
        ("A line never holds", "names, addresses, what was typed, texts of errors, internet addresses"),
        ("Level", settings.LOGGING["root"]["level"].lower()),
    ]


def made_at() -> str:
    """Today, in words."""
    today = timezone.localdate()
    return f"{today.day} {today:%B %Y}"


def _email() -> str:
    if _sends_mail():
        encrypted = "encrypted" if settings.EMAIL_USE_TLS else "not encrypted"
        return f"Through a mail server, {encrypted}"
    return "Written to files of the service, for somebody to send"


def _sends_mail() -> bool:
    return bool(settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"))


def _outside() -> str:
    if settings.DIRECTORIES:
        return f"Only for signing in: {', '.join(one.title for one in settings.DIRECTORIES)}"
    return "None: no page asks anything of another host"


def _yes(value: object) -> str:
    return "yes" if value else "no"
