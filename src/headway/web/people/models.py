"""People, the roles they hold and of what, invitations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from headway.web.people.roles import ROLES


class Users(BaseUserManager["User"]):
    """Makes users; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, name: str = "", password: str | None = None, **more: Any) -> User:
        """A user. Without a password nobody can sign in with one."""
        user = self.model(email=email.strip().lower(), name=name, **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who may sign in. What they may do comes from the roles they hold, and from nothing else."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    previous_login = models.DateTimeField(null=True, blank=True, help_text="the sign-in before this one")

    objects: ClassVar[Users] = Users()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email


class RoleHeld(models.Model):
    """A role that somebody holds, of what, and from when to when. `scope` is an organisation's key, empty for `none`
    and for a caseload, which is the schools whose link adviser the person is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles_held")
    role = models.CharField(max_length=40, choices=[(key, role.title) for key, role in ROLES.items()])
    scope = models.CharField(max_length=60, blank=True)
    starts = models.DateField(default=timezone.localdate)
    ends = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["role", "scope"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "role", "scope", "starts"], name="one_role_of_a_kind"),
        ]


class Caseload(models.Model):
    """That a person is a school's link adviser, from when to when."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="caseload")
    organisation = models.CharField(max_length=60, db_index=True)
    starts = models.DateField(default=timezone.localdate)
    ends = models.DateField(null=True, blank=True)


class Narrowing(models.Model):
    """A permission that the authority has taken from a role."""

    role = models.CharField(max_length=40)
    permission = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["role", "permission"], name="narrowed_once"),
        ]


class Invitation(models.Model):
    """An invitation by e-mail to hold a role. The link carries a secret of which only the hash is kept."""

    email = models.EmailField()
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=40)
    scope = models.CharField(max_length=60, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    sent_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_open(self) -> bool:
        """Whether it may still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()


class BrokenGlass(models.Model):
    """That somebody without the permission looks at a school's pupils in an emergency, why, and until when. The school is
    told, and says that it has seen it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="glass_broken")
    organisation = models.CharField(max_length=60, db_index=True)
    reason = models.CharField(max_length=1000)
    at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    seen_by_school = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]


class BulkRequest(models.Model):
    """A request for a bulk export of pupil data: one person asks, another decides, then it is taken once.

    `kind` names what is exported, `organisation` of which it is, `parameters` what the exporting part needs to make it.
    """

    kind = models.CharField(max_length=60)
    organisation = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    purpose = models.CharField(max_length=1000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="bulk_requests")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    approved = models.BooleanField(default=False)
    answer = models.CharField(max_length=1000, blank=True)
    expires_at = models.DateTimeField(help_text="of the request until it is decided, then of the approval")
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]

    @property
    def state(self) -> str:
        """`waiting`, `approved`, `refused`, `taken` or `expired`."""
        if self.taken_at:
            return "taken"
        if self.decided_at and not self.approved:
            return "refused"
        if self.expires_at <= timezone.now():
            return "expired"
        return "approved" if self.approved else "waiting"


class ServiceSettings(models.Model):
    """How the authority names and colours its service. There is one row at most; its versions are kept by the audit."""

    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=7)
    organisation_name = models.CharField(max_length=120, blank=True, help_text="whose service it is")
    support_words = models.CharField(max_length=500, blank=True, help_text="whom to ask for help, and how")
    logo = models.CharField(max_length=40, blank=True, help_text="the name under which the picture is kept")
