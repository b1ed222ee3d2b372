"""Remove the second factor of somebody who has lost it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from headway.web.people import machine
from headway.web.people.models import User


class Command(BaseCommand):
    """`forget_second_factor EMAIL`."""

    help = "Remove somebody's authenticator app, passkeys and recovery codes; they set up new ones at the next sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Remove it, or say that there is no such person."""
        try:
            machine.forget_second_factor(email)
        except User.DoesNotExist as missing:
            raise CommandError(f"Nobody has the e-mail address {email}.") from missing
        self.stdout.write(f"{email} will set up a new second factor at the next sign-in.")
