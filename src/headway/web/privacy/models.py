"""How long an authority keeps a kind of record, where it chose otherwise than Headway."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Period(models.Model):
    """That the authority set how long a kind of record is kept, why, who and when. The newest of a kind holds; the earlier
    ones say how it was before."""

    kind = models.CharField(max_length=60, db_index=True)
    number = models.PositiveIntegerField(help_text="of the kind's unit: days, months or years")
    unit = models.CharField(max_length=6)
    reason = models.CharField(max_length=1000)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
