"""allauth's forms of signing in, with words that say what to do."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from django import forms
from django.core.validators import EmailValidator

_REQUIRED = {
    "login": "Enter your e-mail address",
    "email": "Enter your e-mail address",
    "password": "Enter your password",
    "oldpassword": "Enter the password that you have now",
    "password1": "Choose a new password",
    "password2": "Enter the new password again",
    "code": "Enter the code from your app",
}
_INVALID = "Enter an e-mail address, like name@example.org"


class _Worded(forms.BaseForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in _REQUIRED:
                field.error_messages["required"] = _REQUIRED[name]
            if isinstance(field, forms.EmailField):
                others = [one for one in field.validators if not isinstance(one, EmailValidator)]
                field.validators = [*others, EmailValidator(_INVALID)]  # Django shares one among all fields


class LoginForm(_Worded, account.LoginForm):
    """E-mail address and password."""


class ReauthenticateForm(_Worded, account.ReauthenticateForm):
    """The password once more."""


class ResetPasswordForm(_Worded, account.ResetPasswordForm):
    """To which address a link goes."""


class ResetPasswordKeyForm(_Worded, account.ResetPasswordKeyForm):
    """A new password, by a link."""


class ChangePasswordForm(_Worded, account.ChangePasswordForm):
    """The password now, and a new one."""


class SetPasswordForm(_Worded, account.SetPasswordForm):
    """A first password."""


class AuthenticateForm(_Worded, second_factor.AuthenticateForm):
    """The code of the second factor."""


class ReauthenticateWithCodeForm(_Worded, second_factor.ReauthenticateForm):
    """The code once more."""


class ActivateTOTPForm(_Worded, totp.ActivateTOTPForm):
    """The first code of a new app."""
