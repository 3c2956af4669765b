"""The settings of B6: read from the environment, `.env` and `…_FILE`, with all faults reported at once.

A fault names its variable, and its value unless that is a secret. A misspelt name is a fault too. Settings that only
some methods need are checked by `missing_for`, once the trees in force are known, and by `Reading.faults_for` together
with all other faults.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import FIRST, MAIL, SECOND, Route, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.runtime.settings import setting_types as values
from alertnet.runtime.settings.setting_types import MailServer, OpenIdClient, Rates, TelephoneAccount
from alertnet.shipped import TEMPLATES, TREES, default_folder
from alertnet.store.db.vault import PIN_COST

EXAMPLES = {
    "ALERTNET_PUBLIC_URL": {"https://alertnet.example.org"},
    "ALERTNET_SMTP_URL": {
        "smtp://user:password@smtp.example.org:587?from=alert@example.org",
        "smtp://user:password@host:587?from=alert@example.org",
    },
}
"""Placeholder values in `.env.example` and the README that an operator must replace."""

_OURS = "ALERTNET_"
_PROVIDERS = "TWILIO_"
_CLOSE = {_OURS: 0.73, _PROVIDERS: 0.75}
"""How similar a name must be to a setting of ours to count as misspelt, by its prefix (difflib ratio)."""
_ELSEWHERE_CLOSE = 0.9
"""The same for a name whose prefix may be misspelt itself."""

_OTHERS = re.compile(
    # For compose.yaml and the tests only.
    r"ALERTNET_(HOST|TEST_\w+)"
    # Set by orchestrators in every container beside a service of our name.
    r"|ALERTNET(_\w+)?_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)"
)
"""Variables that look like settings but are not for the program."""

OF_CONTAINER = "/run/secrets"
"""Where compose mounts secrets: nobody else is in there."""
SECRET = frozenset(
    {
        "ALERTNET_DATABASE_URL",
        "ALERTNET_LISTEN_URL",
        "ALERTNET_SECRET_KEY",
        "ALERTNET_SMTP_URL",
        "ALERTNET_SMTP_2_URL",
        "ALERTNET_IMAP_URL",
        "ALERTNET_HEARTBEAT_URL",
        "ALERTNET_OIDC_CLIENT_SECRET",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_2_AUTH_TOKEN",
    }
)
"""Variables whose value is never shown, because it is a secret or may contain one."""

TWILIO_API_URL = "https://api.twilio.com"

_TREES, _TEMPLATES = partial(default_folder, TREES), partial(default_folder, TEMPLATES)


def misspelt(env: Mapping[str, str | None], settings: Iterable[str]) -> Iterator[str]:
    """A fault for every variable that looks like a misspelt setting; it never shows the value."""
    known = [variable for name in settings for variable in (name, f"{name}_FILE")]
    for name, text in env.items():
        if not text or name in known or _OTHERS.fullmatch(name):
            continue
        meant = _closest(name.upper(), known)
        if meant or name.upper().startswith(_OURS):
            advice = f"did you mean {meant}?" if meant else f"allowed: {', '.join(settings)}"
            yield f"{name}: there is no such setting ({advice})"


def unchanged(texts: Mapping[str, str]) -> Iterator[str]:
    """A fault for every setting that still has the example's value."""
    for name, shown in EXAMPLES.items():
        if texts.get(name, "").rstrip("/") in shown:
            yield f"{name}: its value is the example's (allowed: your own)"


def _closest(name: str, known: Sequence[str]) -> str | None:
    if name.startswith(_PROVIDERS) and f"{_OURS}{name}" in known:
        return f"{_OURS}{name}"
    cutoff = next((close for prefix, close in _CLOSE.items() if name.startswith(prefix)), _ELSEWHERE_CLOSE)
    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), None)


class Settings(BaseModel):
    """All settings, checked. Settings that only some methods need are None or empty where unset."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    secret_keys: values.SecretKeys = Field(alias="ALERTNET_SECRET_KEY")
    database_url: values.DatabaseUrl = Field(SecretStr("sqlite:///alertnet.db"), alias="ALERTNET_DATABASE_URL")
    listen_url: values.ServerUrl | None = Field(None, alias="ALERTNET_LISTEN_URL")
    public_url: values.PublicUrl | None = Field(None, alias="ALERTNET_PUBLIC_URL")
    contact_trees: Path = Field(default_factory=_TREES, alias="ALERTNET_CONTACT_TREES")
    message_templates: Path = Field(default_factory=_TEMPLATES, alias="ALERTNET_MESSAGE_TEMPLATES")
    smtp: values.Relay | None = Field(None, alias="ALERTNET_SMTP_URL")
    smtp_2: values.Relay | None = Field(None, alias="ALERTNET_SMTP_2_URL")
    mailbox: values.Mailbox | None = Field(None, alias="ALERTNET_IMAP_URL")
    twilio_account_sid: values.AccountSid | None = Field(None, alias="TWILIO_ACCOUNT_SID")
    twilio_auth_tokens: values.Secrets = Field((), alias="TWILIO_AUTH_TOKEN")
    twilio_from: values.Numbers = Field((), alias="ALERTNET_TWILIO_FROM")
    twilio_api_url: values.WebUrl = Field(TWILIO_API_URL, alias="ALERTNET_TWILIO_API_URL")
    twilio_2_account_sid: values.AccountSid | None = Field(None, alias="TWILIO_2_ACCOUNT_SID")
    twilio_2_auth_tokens: values.Secrets = Field((), alias="TWILIO_2_AUTH_TOKEN")
    twilio_2_from: values.Numbers = Field((), alias="ALERTNET_TWILIO_2_FROM")
    twilio_2_api_url: values.WebUrl = Field(TWILIO_API_URL, alias="ALERTNET_TWILIO_2_API_URL")
    routing: values.RoutingSetting = Field(Routing(), alias="ALERTNET_ROUTES")
    rates: values.RateSetting = Field(Rates(), alias="ALERTNET_RATES")
    heartbeat_url: values.HeartbeatUrl | None = Field(None, alias="ALERTNET_HEARTBEAT_URL")

    number_tests: Literal["weekly"] | None = Field(None, alias="ALERTNET_NUMBER_TESTS")
    record_calls: Literal["members"] | None = Field(None, alias="ALERTNET_RECORD_CALLS")
    pin_cost: values.PinCost = Field(PIN_COST, alias="ALERTNET_PIN_COST")
    keep: values.Keep | None = Field(None, alias="ALERTNET_KEEP")
    trusted_proxies: values.Proxies = Field((), alias="ALERTNET_TRUSTED_PROXIES")
    oidc_issuer: values.WebUrl | None = Field(None, alias="ALERTNET_OIDC_ISSUER")
    oidc_client_id: str | None = Field(None, alias="ALERTNET_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(None, alias="ALERTNET_OIDC_CLIENT_SECRET")

    @property
    def trees_are_examples(self) -> bool:
        """Whether no folder was named and the working folder has none, so that the shipped trees are used."""
        return "contact_trees" not in self.model_fields_set and self.contact_trees.is_absolute()

    @property
    def telephones(self) -> dict[str, TelephoneAccount]:
        """The complete telephone accounts, by provider."""
        given = {
            FIRST: (self.twilio_account_sid, self.twilio_auth_tokens, self.twilio_from, self.twilio_api_url),
            SECOND: (self.twilio_2_account_sid, self.twilio_2_auth_tokens, self.twilio_2_from, self.twilio_2_api_url),
        }
        return {
            provider: TelephoneAccount(sid, tokens, numbers, api_url)
            for provider, (sid, tokens, numbers, api_url) in given.items()
            if sid and tokens and numbers
        }

    @property
    def relays(self) -> dict[str, MailServer]:
        given = {FIRST: self.smtp, SECOND: self.smtp_2}
        return {provider: relay for provider, relay in given.items() if relay is not None}

    @property
    def openid(self) -> OpenIdClient | None:
        """Our client at the OpenID Connect provider; None where users sign in by password only."""
        if not (self.oidc_issuer and self.oidc_client_id and self.oidc_client_secret):
            return None
        return OpenIdClient(self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)

    @property
    def takes_texts(self) -> bool:
        """Whether the provider can deliver texts and calls to us, and we can verify that it is the provider."""
        return bool(self.public_url and self.telephones)

    @property
    def routes(self) -> frozenset[Route]:
        """The methods that can be used, each with all its providers."""
        spoken = {(method, provider) for method in (MethodKind.SMS, MethodKind.CALL) for provider in self.telephones}
        return frozenset({*(spoken if self.public_url else ()), *((MethodKind.EMAIL, relay) for relay in self.relays)})


NAMES = {name: str(field.alias) for name, field in Settings.model_fields.items()}
"""The environment variable of each setting."""

_TELEPHONE = ("public_url", "twilio_account_sid", "twilio_auth_tokens", "twilio_from")
NEEDED = {MethodKind.SMS: _TELEPHONE, MethodKind.CALL: _TELEPHONE, MethodKind.EMAIL: ("public_url", "smtp")}
"""Settings that a method needs."""

REMEDIES = {"ALERTNET_SECRET_KEY": " (`openssl rand -hex 32` gives one; keep a copy elsewhere)"}
"""Where to get a missing setting."""

_SECOND_TELEPHONE = ("twilio_2_account_sid", "twilio_2_auth_tokens", "twilio_2_from")
_OPENID = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "public_url")


class _Draft(Settings):
    """The settings without the invalid ones, so that the others are still checked."""

    secret_keys: values.SecretKeys = Field((), alias="ALERTNET_SECRET_KEY")


@value
class Reading:
    """The settings as far as they can be read, and their faults in order. Use them only where there are no faults."""

    settings: Settings
    faults: tuple[str, ...]

    def faults_for(self, kinds: Iterable[MethodKind]) -> tuple[str, ...]:
        """The faults, and what these methods lack. An invalid variable is not also reported as missing."""
        settled = _named(self.faults)
        missing = [fault for fault in missing_for(self.settings, kinds) if _variable(fault) not in settled]
        return _in_order([*self.faults, *missing])


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings in `env`, by default the process's and `.env`; `Misconfigured` names what is invalid or missing."""
    reading = examine(env)
    if reading.faults:
        raise Misconfigured(reading.faults)
    return reading.settings


def examine(env: Mapping[str, str] | None = None) -> Reading:
    """Like `read_settings`, but gives the faults instead of raising, for callers that look for more."""
    found: Mapping[str, str | None] = env if env is not None else {**dotenv_values(".env"), **os.environ}
    texts, faults = _gather(found)
    faults += _unread_lines() if env is None else ()
    faults += unchanged(texts)
    settled = _named(faults)
    given = settled | texts.keys()
    try:
        settings = Settings.model_validate(texts)
    except ValidationError as error:
        faults += [_fault(entry) for entry in error.errors() if entry["loc"][0] not in settled]
        wrong = {entry["loc"][0] for entry in error.errors()}
        settings = _Draft.model_validate({name: text for name, text in texts.items() if name not in wrong})
    faults += _listen_faults(settings)
    faults += _half_set(settings, given, _named(faults))
    faults = [_where(fault) for fault in faults] if env is None else faults
    return Reading(settings, _in_order([*faults, *misspelt(found, NAMES.values())]))


def _where(fault: str) -> str:
    """The fault; of a missing secret also that this folder has no `.env`: it may be the wrong folder, not a new one."""
    lacks = "ALERTNET_SECRET_KEY: missing"
    if not fault.startswith(lacks) or Path(".env").exists():
        return fault
    return f"{lacks}, and no .env in {Path.cwd()}, where commands are typed{fault.removeprefix(lacks)}"


def _unread_lines() -> list[str]:
    """A fault for each line of `.env` that sets nothing; a setting that is meant there would be missing unnoticed."""
    own = Path(".env")
    if not own.is_file():
        return []
    with own.open(encoding="utf-8") as lines:
        unread = [each.original.line for each in parse_stream(lines) if each.error or (each.key and each.value is None)]
    return [f".env: line {number} sets nothing (allowed: NAME=value)" for number in unread]


def missing_for(settings: Settings, kinds: Iterable[MethodKind]) -> tuple[str, ...]:
    """A fault for every variable that these methods need and that is not set."""
    uses: dict[str, list[str]] = {}
    for kind in sorted(kinds):
        for name in NEEDED.get(kind, ()):
            if not getattr(settings, name):
                uses.setdefault(name, []).append(kind)
    return tuple(f"{NAMES[name]}: missing (the trees in force use {', '.join(by)})" for name, by in uses.items())


def check_methods(settings: Settings, kinds: Iterable[MethodKind]) -> None:
    """Refuse (`Misconfigured`) methods that can't be used with these settings, by every variable that is missing."""
    if missing := missing_for(settings, kinds):
        raise Misconfigured(missing)


def _gather(env: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """The values by variable, and faults in how they are given. Empty variables and files count as not set."""
    texts: dict[str, str] = {}
    faults: list[str] = []
    for name in NAMES.values():
        text, file = env.get(name), env.get(f"{name}_FILE")
        if text:
            texts[name] = text
        if text and file:
            faults.append(f"{name}: {name}_FILE is set too (allowed: one of the two)")
        elif file:
            try:
                text = Path(file).read_text().strip()
                texts |= {name: text} if text else {}
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: {name}_FILE {file!r} can't be read: {_reason(error)}")
    return texts, faults


def open_secrets() -> list[Path]:
    """The files of this process's settings with secrets in them that everybody on this machine may read."""
    own = Path(".env")
    named = [value for name in sorted(SECRET) if (value := os.environ.get(f"{name}_FILE"))]
    if own.is_file():
        written = dotenv_values(own)
        named += [value for name in sorted(SECRET) if (value := written.get(f"{name}_FILE"))]
        named += [str(own)] if any(written.get(name) for name in SECRET) else []
    files = [Path(each) for each in dict.fromkeys(named) if not Path(each).is_relative_to(OF_CONTAINER)]
    return [each for each in files if each.is_file() and each.stat().st_mode & stat.S_IROTH]


def _reason(error: OSError | UnicodeDecodeError) -> str:
    """The system's words; those of a codec would show bytes of a secret."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is no text in UTF-8"


def _listen_faults(settings: Settings) -> Iterator[str]:
    """A fault if `ALERTNET_LISTEN_URL` is set beside a SQLite database."""
    if settings.listen_url and not settings.database_url.get_secret_value().startswith("postgres"):
        yield "ALERTNET_LISTEN_URL: set beside a database that is a file (allowed: beside a pooler of PostgreSQL)"


def _half_set(settings: Settings, given: Set[str], wrong: Set[str]) -> Iterator[str]:
    """What the second provider or OpenID Connect lacks once one of its settings is set, and routes that need it."""

    def lacks(names: Sequence[str]) -> list[str]:
        return [NAMES[name] for name in names if not getattr(settings, name) and NAMES[name] not in wrong]

    for prefix, needed in (("twilio_2_", _SECOND_TELEPHONE), ("oidc_", _OPENID)):
        begun = [variable for name, variable in NAMES.items() if name.startswith(prefix) and variable in given]
        for variable in lacks(needed) if begun else ():
            yield f"{variable}: missing ({', '.join(begun)} is set)"
    for prefix, order in settings.routing.orders.items():
        missing = lacks(("smtp_2",) if prefix == MAIL else _SECOND_TELEPHONE)
        if SECOND in order and missing:
            route = f"{prefix or '*'}={','.join(order)}"
            yield f"ALERTNET_ROUTES: {route!r} is not allowed (allowed: provider 1, while {missing[0]} is not set)"


def _fault(entry: Any) -> str:
    name = entry["loc"][0]
    if entry["type"] == "missing":
        return f"{name}: missing{REMEDIES.get(name, '')}"
    context, typed = entry.get("ctx", {}), entry["input"]
    allowed = context.get("error") or context.get("expected", entry["msg"])
    typed = ", ".join(typed) if isinstance(typed, tuple) else typed
    # A URL may hold a password that its setting has no place for.
    is_secret = name in SECRET or "@" in str(typed)
    shown = "its value" if is_secret else repr(typed)
    return f"{name}: {shown} is not allowed (allowed: {allowed})"


def _variable(fault: str) -> str:
    return fault.partition(":")[0]


def _named(faults: Iterable[str]) -> set[str]:
    return set(map(_variable, faults))


def _in_order(faults: Iterable[str]) -> tuple[str, ...]:
    order = {name: place for place, name in enumerate(NAMES.values())}
    return tuple(sorted(faults, key=lambda fault: order.get(_variable(fault), len(order))))
