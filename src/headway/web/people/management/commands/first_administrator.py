"""Make the first account, with which everybody else is invited."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from headway.web.people import machine


class Command(BaseCommand):
    """`first_administrator EMAIL NAME`: asks for a password."""

    help = "Make an administrator, who sees no content but invites people. You are asked for a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is."""
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        """Make the account, or say why not."""
        try:
            machine.make_administrator(email, name, getpass.getpass("Password: "))
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stdout.write(f"{email} may sign in now, and will be asked to set up a second factor.")
