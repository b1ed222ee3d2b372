"""How signing in works here: accounts come by invitation only."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest

from headway.web.people.models import User
from headway.web.people.signals import SIGNED_IN_AT


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up of their own accord."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Keep when they signed in before, which is shown to them."""
        user.previous_login = user.last_login
        user.save(update_fields=["previous_login"])
        super().login(request, user)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not of somebody who has just signed in: who sets up a second factor at the first sign-in is asked for it once."""
        since = time.time() - self.request.session.get(SIGNED_IN_AT, 0)
        return since > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT and super().is_reauthentication_required(
            app=app
        )

    def format_email_subject(self, subject: str) -> str:
        """The subject as it stands."""
        return subject


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Signing in through an authority's own directory joins the account of that e-mail address; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Only an address of the domains that the directory looks after is known to be the person's."""
        domain = email.rpartition("@")[2].lower()
        return domain in provider.app.settings.get("verified_email", [])

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Likewise, whatever the directory itself says of having checked the address."""
        return self.is_email_verified(login.provider, email)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of second factors encrypted under the service's secret key."""

    def encrypt(self, text: str) -> str:
        """The text, unreadable without the key."""
        return _keys().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The text again. Under another key nothing fits: a random secret, which no code matches, so that a database
        restored without its key lets nobody in."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def _keys() -> MultiFernet:
    every = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (hashlib.sha256(b"headway second factors:" + key.encode()).digest() for key in every)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
