"""Erase what is past its retention from the audit trail."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from headway.web.audit.actions import purge_before
from headway.web.people.models import User


class Command(BaseCommand):
    """`purge_audit --before DAY --by EMAIL --reason WORDS`."""

    help = "Erase the events of the audit trail from before a day. That it was done, for whom and why is recorded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From before when, for whom, why."""
        parser.add_argument("--before", type=date.fromisoformat, required=True, help="a day, like 2020-09-01")
        parser.add_argument("--by", required=True, help="the e-mail address of whoever decided it")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, before: date, by: str, reason: str, **options: Any) -> None:
        """Erase, or say why not."""
        user = User.objects.filter(email=by.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the e-mail address {by}.")
        try:
            gone = purge_before(
                timezone.make_aware(datetime.combine(before, time.min)), by=user, reason=reason
            )
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{gone} events from before {before} are gone.")
