"""`headway manage take_register`: bring the schools of the service up to what the store's register says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from headway.web.schools.actions import take_register
from headway.web.schools.stored import store


class Command(BaseCommand):
    """Take the register from the store. Doing it again changes nothing."""

    help = "Bring the schools of the service up to what the store's register says."

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it, and say what that did."""
        there = store()
        if there is None:
            raise CommandError("Nothing has been loaded yet: load the register first with `headway load`.")
        taken = take_register(there)
        self.stdout.write(
            f"The register of {taken.as_at}: {taken.added:,} organisations added, {taken.changed:,} changed, "
            f"{taken.gone:,} no longer named; {taken.changes:,} changes for link advisers."
        )
