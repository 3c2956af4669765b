"""The settings of design B6: read from the environment, `.env` and `…_FILE`, and every fault reported at once.

A fault names its variable, and shows its value unless that is a secret. What only some methods need is asked for by
`missing_for`, once the trees in force are known.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from alertnet import settings_values as values
from alertnet.core.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.core.routes import FIRST, MAIL, SECOND, Routes, Way
from alertnet.settings_values import MailServer, Rates, TelephoneAccount

SECRET = frozenset(
    {
        "ALERTNET_DATABASE_URL",
        "ALERTNET_SECRET_KEY",
        "ALERTNET_SMTP_URL",
        "ALERTNET_SMTP_2_URL",
        "ALERTNET_HEARTBEAT_URL",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_2_AUTH_TOKEN",
    }
)
"""Variables whose value is never shown, because it is a secret or may hold one."""

TWILIO_API_URL = "https://api.twilio.com"


class Settings(BaseModel):
    """All settings, checked; what is needed only for some methods is None or empty where it is not set."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    secret_keys: values.SecretKeys = Field(alias="ALERTNET_SECRET_KEY")
    database_url: values.DatabaseUrl = Field(SecretStr("sqlite:///alertnet.db"), alias="ALERTNET_DATABASE_URL")
    public_url: values.WebUrl | None = Field(None, alias="ALERTNET_PUBLIC_URL")
    contact_trees: Path = Field(Path("contact_trees"), alias="ALERTNET_CONTACT_TREES")
    message_templates: Path = Field(Path("message_templates"), alias="ALERTNET_MESSAGE_TEMPLATES")
    smtp: values.Relay | None = Field(None, alias="ALERTNET_SMTP_URL")
    smtp_2: values.Relay | None = Field(None, alias="ALERTNET_SMTP_2_URL")
    twilio_account_sid: values.AccountSid | None = Field(None, alias="TWILIO_ACCOUNT_SID")
    twilio_auth_tokens: values.Secrets = Field((), alias="TWILIO_AUTH_TOKEN")
    twilio_from: values.Numbers = Field((), alias="ALERTNET_TWILIO_FROM")
    twilio_api_url: values.WebUrl = Field(TWILIO_API_URL, alias="ALERTNET_TWILIO_API_URL")
    twilio_2_account_sid: values.AccountSid | None = Field(None, alias="TWILIO_2_ACCOUNT_SID")
    twilio_2_auth_tokens: values.Secrets = Field((), alias="TWILIO_2_AUTH_TOKEN")
    twilio_2_from: values.Numbers = Field((), alias="ALERTNET_TWILIO_2_FROM")
    twilio_2_api_url: values.WebUrl = Field(TWILIO_API_URL, alias="ALERTNET_TWILIO_2_API_URL")
    routes: values.Routing = Field(Routes(), alias="ALERTNET_ROUTES")
    rates: values.Pace = Field(Rates(), alias="ALERTNET_RATES")
    heartbeat_url: values.HeartbeatUrl | None = Field(None, alias="ALERTNET_HEARTBEAT_URL")

    @property
    def telephones(self) -> dict[str, TelephoneAccount]:
        """The accounts that messages and calls can go by, by provider."""
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
        """The relays that mail can go by, by provider."""
        given = {FIRST: self.smtp, SECOND: self.smtp_2}
        return {provider: relay for provider, relay in given.items() if relay is not None}

    @property
    def takes_texts(self) -> bool:
        """Whether the provider can bring texts and calls, and we can tell that it is the provider."""
        return bool(self.public_url and self.telephones)

    @property
    def ways(self) -> frozenset[Way]:
        """The methods that can be used, each with every provider of it."""
        spoken = {(method, provider) for method in (MethodKind.SMS, MethodKind.CALL) for provider in self.telephones}
        return frozenset({*(spoken if self.public_url else ()), *((MethodKind.EMAIL, relay) for relay in self.relays)})


NAMES = {name: str(field.alias) for name, field in Settings.model_fields.items()}
"""The variable of each setting."""

_TELEPHONE = ("public_url", "twilio_account_sid", "twilio_auth_tokens", "twilio_from")
NEEDED = {MethodKind.SMS: _TELEPHONE, MethodKind.CALL: _TELEPHONE, MethodKind.EMAIL: ("public_url", "smtp")}
"""What a method can't do without."""

_SECOND_TELEPHONE = ("twilio_2_account_sid", "twilio_2_auth_tokens", "twilio_2_from")


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of that environment alone; of this process and the `.env` of its folder when None is given.

    Raises:
        Misconfigured: every variable that is wrong or missing, by name.
    """
    given = env if env is not None else {**dotenv_values(".env"), **os.environ}
    texts, faults = _gather(given)
    try:
        settings = Settings.model_validate(texts)
    except ValidationError as error:
        settled = {fault.partition(":")[0] for fault in faults}
        faults += [_fault(entry) for entry in error.errors() if entry["loc"][0] not in settled]
        raise Misconfigured(faults) from None
    faults += _second_provider_faults(settings)
    if faults:
        raise Misconfigured(faults)
    return settings


def missing_for(settings: Settings, kinds: Iterable[MethodKind]) -> tuple[str, ...]:
    """A fault for every variable that these methods need and that is not set; empty when they can all be used."""
    uses: dict[str, list[str]] = {}
    for kind in sorted(kinds):
        for name in NEEDED.get(kind, ()):
            if not getattr(settings, name):
                uses.setdefault(name, []).append(kind)
    return tuple(f"{NAMES[name]}: missing (the trees in force use {', '.join(by)})" for name, by in uses.items())


def _gather(env: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """The values by variable, and the faults in where they are to be found. An empty variable is not set."""
    texts: dict[str, str] = {}
    faults: list[str] = []
    for name in NAMES.values():
        text, file = env.get(name), env.get(f"{name}_FILE")
        if text and file:
            faults.append(f"{name}: {name}_FILE is set too (allowed: one of the two)")
        elif text:
            texts[name] = text
        elif file:
            try:
                texts[name] = Path(file).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: {name}_FILE {file!r} can't be read ({type(error).__name__})")
    return texts, faults


def _second_provider_faults(settings: Settings) -> Iterator[str]:
    """What the second provider lacks, and what is to go by it although it isn't there."""
    begun = [NAMES[name] for name in NAMES if name in settings.model_fields_set and name.startswith("twilio_2_")]
    for name in _SECOND_TELEPHONE if begun else ():
        if not getattr(settings, name):
            yield f"{NAMES[name]}: missing ({', '.join(begun)} is set)"
    for prefix, order in settings.routes.orders.items():
        is_there = SECOND in (settings.relays if prefix == MAIL else settings.telephones)
        variable = "ALERTNET_SMTP_2_URL" if prefix == MAIL else "TWILIO_2_ACCOUNT_SID"
        if SECOND in order and not is_there:
            route = f"{prefix or '*'}={','.join(order)}"
            yield f"ALERTNET_ROUTES: {route!r} is not allowed (allowed: provider 1, while {variable} is not set)"


def _fault(entry: Any) -> str:
    name = entry["loc"][0]
    if entry["type"] == "missing":
        return f"{name}: missing"
    allowed = entry.get("ctx", {}).get("error", entry["msg"])
    shown = "its value" if name in SECRET else repr(entry["input"])
    return f"{name}: {shown} is not allowed (allowed: {allowed})"
