"""Signing in through an organisation's own directory (Microsoft Entra ID, DfE Sign-in, any OpenID Connect provider), as
configured in the environment.

`HEADWAY_OIDC` names the directories, such as `entra dfe`; each `HEADWAY_OIDC_<NAME>_…` then gives TITLE, ISSUER, CLIENT_ID,
CLIENT_SECRET, EMAIL_DOMAINS and SECOND_FACTOR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Directory:
    """One directory. Only addresses of its `email_domains` join accounts of that address: a directory says of strangers
    what it likes. `second_factor` says that it asks for one itself, so Headway asks for none."""

    key: str
    title: str
    issuer: str
    client_id: str
    client_secret: str
    email_domains: tuple[str, ...]
    second_factor: bool

    @property
    def origin(self) -> str:
        """Scheme and host to which signing in leads."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"


def directories(environment: Mapping[str, str]) -> list[Directory]:
    """The directories that the environment names. Raises ValueError, naming the variable, where one is incomplete."""
    return [
        _directory(key, environment) for key in environment.get("HEADWAY_OIDC", "").replace(",", " ").split()
    ]


def _directory(key: str, environment: Mapping[str, str]) -> Directory:
    prefix = f"HEADWAY_OIDC_{key.upper()}_"

    def given(name: str) -> str:
        value = environment.get(prefix + name, "").strip()
        if not value:
            raise ValueError(f"HEADWAY_OIDC names {key}, so {prefix}{name} must be set")
        return value

    issuer = given("ISSUER").rstrip("/")
    if not issuer.startswith("https://"):
        raise ValueError(f"{prefix}ISSUER must begin with https://, not {issuer}")
    domains = tuple(
        part.strip().lower().lstrip("@") for part in given("EMAIL_DOMAINS").split(",") if part.strip()
    )
    if "*" in domains:
        raise ValueError(
            f"{prefix}EMAIL_DOMAINS must name the domains whose addresses the directory looks after"
        )
    return Directory(
        key.lower(),
        environment.get(prefix + "TITLE", "").strip() or key,
        issuer,
        given("CLIENT_ID"),
        given("CLIENT_SECRET"),
        domains,
        environment.get(prefix + "SECOND_FACTOR", "").strip().lower() in ("1", "true", "yes", "on"),
    )


def providers(found: list[Directory]) -> dict[str, object]:
    """The directories as allauth's setting of providers."""
    return {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": one.key,
                    "name": one.title,
                    "client_id": one.client_id,
                    "secret": one.client_secret,
                    "settings": {
                        "server_url": one.issuer,
                        "verified_email": list(one.email_domains),
                        "email_authentication": True,
                    },
                }
                for one in found
            ],
        }
    }
