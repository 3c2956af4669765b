"""The settings of design B6: read from the environment, `.env` and `…_FILE`, and every fault reported at once.

A fault names its variable, and shows its value unless that is a secret. What only some methods need is asked for by
`missing_for`, once the trees in force are known.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from alertnet.core.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.store.engine import parse_url
from alertnet.store.vault import SECRET_LENGTH

SECRET = frozenset(
    {"ALERTNET_DATABASE_URL", "ALERTNET_SECRET_KEY", "ALERTNET_SMTP_URL", "ALERTNET_HEARTBEAT_URL", "TWILIO_AUTH_TOKEN"}
)
"""Variables whose value is never shown, because it is a secret or may hold one."""


@dataclass(frozen=True)
class Rates:
    """How much one sender may send in a second, 0 = unlimited: SMS segments, and calls begun."""

    sms: float = 1.0
    calls: float = 1.0


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. Without a user there is no authentication."""

    host: str
    port: int
    sender: str
    user: str | None
    password: SecretStr | None


def _split(text: Any) -> Any:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _secret_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not keys or any(len(key.get_secret_value()) < SECRET_LENGTH for key in keys):
        raise ValueError(f"texts of at least {SECRET_LENGTH} characters, separated by commas")
    return keys


def _database_url(url: SecretStr) -> SecretStr:
    parse_url(url.get_secret_value())
    return url


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    if not safe or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("https://host/path, or http:// on loopback")
    return text.rstrip("/")


def _heartbeat_url(url: SecretStr) -> SecretStr:
    _web_url(url.get_secret_value().partition("?")[0])
    return url


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _numbers(numbers: tuple[str, ...]) -> tuple[str, ...]:
    if not numbers or not all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in numbers):
        raise ValueError("numbers like +573005550101, separated by commas")
    return numbers


def _account(sid: str) -> str:
    if not re.fullmatch(r"AC[0-9A-Za-z]+", sid):
        raise ValueError("AC and the digits that the provider's console shows")
    return sid


def _rates(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    pairs = dict(re.findall(r"(sms|calls)=(\d+(?:\.\d+)?)(?:,|$)", re.sub(r"\s", "", text)))
    if re.sub(r"\s", "", text) != ",".join(f"{name}={rate}" for name, rate in pairs.items()):
        raise ValueError("sms=1,calls=1 with a number for each second, 0 for unlimited")
    return Rates(**{name: float(rate) for name, rate in pairs.items()})


def _mail_server(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        parts = urlsplit(text)
        sender, port = parse_qs(parts.query)["from"][0], parts.port or 587
    except (ValueError, KeyError):
        parts, sender, port = urlsplit(""), "", 0
    if parts.scheme != "smtp" or not parts.hostname or "@" not in sender:
        # An error of the standard library would quote part of the password.
        raise ValueError("smtp://user:password@host:587?from=alert@example.org") from None
    user, password = parts.username, parts.password
    return MailServer(
        parts.hostname,
        port,
        sender,
        None if user is None else unquote(user),
        None if password is None else SecretStr(unquote(password)),
    )


class Settings(BaseModel):
    """All settings, checked; what is needed only for some methods is None or empty where it is not set."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    secret_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_split), AfterValidator(_secret_keys)] = Field(
        alias="ALERTNET_SECRET_KEY"
    )
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        SecretStr("sqlite:///alertnet.db"), alias="ALERTNET_DATABASE_URL"
    )
    public_url: Annotated[str, AfterValidator(_web_url)] | None = Field(None, alias="ALERTNET_PUBLIC_URL")
    contact_trees: Path = Field(Path("contact_trees"), alias="ALERTNET_CONTACT_TREES")
    message_templates: Path = Field(Path("message_templates"), alias="ALERTNET_MESSAGE_TEMPLATES")
    smtp: Annotated[MailServer | None, BeforeValidator(_mail_server)] = Field(None, alias="ALERTNET_SMTP_URL")
    twilio_account_sid: Annotated[str, AfterValidator(_account)] | None = Field(None, alias="TWILIO_ACCOUNT_SID")
    twilio_auth_tokens: Annotated[tuple[SecretStr, ...], BeforeValidator(_split)] = Field((), alias="TWILIO_AUTH_TOKEN")
    twilio_from: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_numbers)] = Field(
        (), alias="ALERTNET_TWILIO_FROM"
    )
    twilio_api_url: Annotated[str, AfterValidator(_web_url)] = Field(
        "https://api.twilio.com", alias="ALERTNET_TWILIO_API_URL"
    )
    rates: Annotated[Rates, BeforeValidator(_rates)] = Field(Rates(), alias="ALERTNET_RATES")
    heartbeat_url: Annotated[SecretStr, AfterValidator(_heartbeat_url)] | None = Field(
        None, alias="ALERTNET_HEARTBEAT_URL"
    )


NAMES = {name: str(field.alias) for name, field in Settings.model_fields.items()}
"""The variable of each setting."""

_TELEPHONE = ("public_url", "twilio_account_sid", "twilio_auth_tokens", "twilio_from")
NEEDED = {MethodKind.SMS: _TELEPHONE, MethodKind.CALL: _TELEPHONE, MethodKind.EMAIL: ("public_url", "smtp")}
"""What a method can't do without."""


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of that environment alone; of this process and the `.env` of its folder when None is given.

    Raises:
        Misconfigured: every variable that is wrong or missing, by name.
    """
    given = env if env is not None else {**dotenv_values(".env"), **os.environ}
    values, faults = _gather(given)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        settled = {fault.partition(":")[0] for fault in faults}
        faults += [_fault(entry) for entry in error.errors() if entry["loc"][0] not in settled]
        raise Misconfigured(faults) from None
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
    values: dict[str, str] = {}
    faults: list[str] = []
    for name in NAMES.values():
        text, file = env.get(name), env.get(f"{name}_FILE")
        if text and file:
            faults.append(f"{name}: {name}_FILE is set too (allowed: one of the two)")
        elif text:
            values[name] = text
        elif file:
            try:
                values[name] = Path(file).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: {name}_FILE {file!r} can't be read ({type(error).__name__})")
    return values, faults


def _fault(entry: Any) -> str:
    name = entry["loc"][0]
    if entry["type"] == "missing":
        return f"{name}: missing"
    allowed = entry.get("ctx", {}).get("error", entry["msg"])
    shown = "its value" if name in SECRET else repr(entry["input"])
    return f"{name}: {shown} is not allowed (allowed: {allowed})"
