"""The authority's own Word template."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class WordTemplate(models.Model):
    """A Word file on which Word documents of packs are made. There is one at most."""

    name = models.CharField(max_length=150, help_text="as its file was called")
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name
