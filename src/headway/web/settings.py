"""Settings of the service. Secrets and places come from the environment; see docs/how-to/run-the-service.md."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs
from django.core.exceptions import ImproperlyConfigured

from headway.web.people.directories import Directory, directories, providers

PACKAGE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("HEADWAY_HOME") or platformdirs.user_data_dir("headway")).resolve()
SERVICE = HOME / "service"
"""The folder of the service beside the store: its database, documents and secret key."""


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in ("1", "true", "yes", "on")


def _listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _secret_key() -> str:
    given = os.environ.get("HEADWAY_SECRET_KEY")
    if given:
        return given
    path = SERVICE / "secret.key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    raise ImproperlyConfigured(
        f"The service has no secret key: set HEADWAY_SECRET_KEY, or run `headway serve` once, which makes {path}."
    )


def database(url: str | None) -> dict[str, object]:
    """Django's database setting for a URL such as postgresql://user:secret@host/name; SQLite (WAL) where there is none."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": SERVICE / "headway.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "HEADWAY_DATABASE_URL must look like postgresql://user:password@host:5432/name"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _directories() -> list[Directory]:
    try:
        return directories(os.environ)
    except ValueError as problem:
        raise ImproperlyConfigured(str(problem)) from problem


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = _listed("HEADWAY_SECRET_KEY_BEFORE")
DEBUG = False
BEHIND_HTTPS = _flag("HEADWAY_HTTPS")
BEHIND_PROXY = _flag("HEADWAY_BEHIND_PROXY")
"""One proxy stands before the service, and says from where a request came and how."""
ALLOWED_HOSTS = _listed("HEADWAY_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _listed("HEADWAY_ORIGINS")
CSRF_FAILURE_VIEW = "headway.web.people.views.form_too_old"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks",
    "django_tasks_db",
    "headway.web.audit",
    "headway.web.people",
    "headway.web.jobs",
    "headway.web.schools",
    "headway.web.asks",
    "headway.web.standards",
    "headway.web.pupils",
    "headway.web.packs",
    "headway.web.categories",
    "headway.web.inspections",
    "headway.web.privacy",
]

MIDDLEWARE = [
    "headway.web.design.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "headway.web.design.security.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "headway.web.people.gate.Gate",
]

ROOT_URLCONF = "headway.web.urls"
WSGI_APPLICATION = "headway.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "headway.web.design.environment.environment",
            "autoescape": True,
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "headway.web.design.environment.context",
                "headway.web.people.context.context",
            ],
        },
    },
]

DATABASES = {"default": database(os.environ.get("HEADWAY_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account comes only by invitation to that address
ACCOUNT_ADAPTER = "headway.web.people.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "5/5m/key,20/5m/ip",
    "login": "60/5m/ip",
    "reset_password": "20/h/ip,3/h/key",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger gets no letter from the service
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "headway.web.people.sign_in_forms.LoginForm",
    "reauthenticate": "headway.web.people.sign_in_forms.ReauthenticateForm",
    "reset_password": "headway.web.people.sign_in_forms.ResetPasswordForm",
    "reset_password_from_key": "headway.web.people.sign_in_forms.ResetPasswordKeyForm",
    "change_password": "headway.web.people.sign_in_forms.ChangePasswordForm",
    "set_password": "headway.web.people.sign_in_forms.SetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "headway.web.people.sign_in_forms.AuthenticateForm",
    "reauthenticate": "headway.web.people.sign_in_forms.ReauthenticateWithCodeForm",
    "activate_totp": "headway.web.people.sign_in_forms.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = os.environ.get("HEADWAY_NAME", "Headway")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_HTTPS  # passkeys on http://localhost, for trying it out
MFA_TOTP_TOLERANCE = 1  # half a minute either way, for who needs longer to type
MFA_ADAPTER = "headway.web.people.adapters.SecondFactorAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_ADAPTER = "headway.web.people.adapters.SocialAccountAdapter"
DIRECTORIES: list[Directory] = _directories()
SOCIALACCOUNT_PROVIDERS = providers(DIRECTORIES)

IDLE_SECONDS = 60 * int(os.environ.get("HEADWAY_IDLE_MINUTES", "30"))
"""A session in which nothing was asked for so long is over."""
LONGEST_SECONDS = SESSION_COOKIE_AGE = 60 * 60 * 12
"""And every session after so long."""
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SECURE_SSL_REDIRECT = BEHIND_HTTPS
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if BEHIND_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
STATIC_ROOT = SERVICE / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": SERVICE / "documents"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "documents"]}}

EMAIL_BACKEND = os.environ.get("HEADWAY_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = SERVICE / "outbox"
EMAIL_HOST = os.environ.get("HEADWAY_EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("HEADWAY_EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("HEADWAY_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("HEADWAY_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = _flag("HEADWAY_EMAIL_TLS", default=True)
DEFAULT_FROM_EMAIL = os.environ.get("HEADWAY_EMAIL_FROM", "headway@localhost")

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "people_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
"""In the database, because the limits on signing in must count over all processes of the service; large enough that nobody
makes it forget a count by causing many others."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "headway.web.design.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": os.environ.get("HEADWAY_LOG_LEVEL", "WARNING")},
}
