"""Everything that changes schools: the register taken from the store, and what the service itself keeps of them."""

from __future__ import annotations

from headway.figures.register import Tables
from headway.web.people.models import User
from headway.web.schools import taking
from headway.web.schools.taking import Taken


def take_register(store: Tables, *, by: User | None = None) -> Taken:
    """Bring the organisations here up to what the store's registers say, closed schools included; what changed is kept, and
    told to link advisers. Taking it again changes nothing."""
    return taking.take(store, by=by)
