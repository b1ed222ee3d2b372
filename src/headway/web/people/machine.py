"""What only somebody at the machine may do to people: the first administrator, and a second factor that was lost."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction

from headway.web.audit.actions import record
from headway.web.people.models import RoleHeld, User
from headway.web.people.roles import Administrator


@transaction.atomic
def make_administrator(email: str, name: str, password: str) -> User:
    """The account of an administrator. Raises ValidationError for no address, one that is taken, or a weak password."""
    email = email.strip().lower()
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise ValidationError(f"There is an account with the address {email} already.")
    validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email, name=name, password=password)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    RoleHeld.objects.create(user=user, role=Administrator.key)
    record("made administrator at the machine", by=None, subject=f"person:{user.pk}", detail={"email": email})
    return user


@transaction.atomic
def forget_second_factor(email: str) -> User:
    """Remove a person's app, passkeys and recovery codes, and tell them. Raises User.DoesNotExist."""
    user = User.objects.get(email=email.strip().lower())
    Authenticator.objects.filter(user=user).delete()
    record(
        "removed second factor at the machine",
        by=None,
        subject=f"person:{user.pk}",
        detail={"of": user.email},
    )
    send_mail(
        "Your second factor was removed",
        "Whoever looks after the service removed your second factor, because it was reported lost. You set up a new one "
        "when you next sign in. If you did not report it lost, tell them at once.",
        None,
        [user.email],
    )
    return user
