"""The type of each setting: turns text from the environment into a value, or an error with what is allowed."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from alertnet.channels.deadline import is_loopback
from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import ANY_NUMBER, MAIL, PROVIDERS, Routing
from alertnet.core.monitoring.retention import ALLOWED, Age, read_age
from alertnet.store.db.engine import parse_url
from alertnet.store.db.vault import PIN_COST, SECRET_LENGTH

_WEB_URL = "https://host/path or https://host:port/path without spaces, ports 1 to 65535, or http:// on loopback"
_HOST = re.compile(r"((?!-)[\w-]{1,63}(?<!-)\.)*(?!-)[\w-]{1,63}(?<!-)\.?")
_SLOWEST, _FASTEST = 0.01, 10000
SMTPS = 465
"""The port on which mail servers expect TLS from the first byte (RFC 8314 3.3)."""
IMAPS = 993
"""The port on which mailboxes are read with TLS from the first byte."""
_LEAST_MEMORY = 8
"""The least memory that argon2 works with, in KiB."""


@value
class Rates:
    """The most that one sender may send per second (SMS segments, calls begun); 0 means unlimited."""

    sms: float = 1.0
    calls: float = 1.0


@value
class MailServer:
    """A mail relay. Without a user there is no authentication."""

    host: str
    port: int
    sender: str
    user: str | None
    password: SecretStr | None
    tls_at_once: bool
    """TLS from the first byte, not by STARTTLS."""


@value
class MailboxAccount:
    """A folder of a mailbox that is read over IMAP. `is_plain`: without TLS, on loopback."""

    host: str
    port: int
    user: str
    password: SecretStr
    folder: str
    is_plain: bool


@value
class TelephoneAccount:
    """An account with a telephone provider, and its numbers."""

    sid: str
    auth_tokens: tuple[SecretStr, ...]
    numbers: tuple[str, ...]
    api_url: str


@value
class OpenIdClient:
    """Our client at an OpenID Connect provider."""

    issuer: str
    id: str
    secret: SecretStr


def _read_by(read: Callable[[str], Any]) -> BeforeValidator:
    """Reads the text of the environment; a value that is no text stands already."""
    return BeforeValidator(lambda given: read(given) if isinstance(given, str) else given)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _secret_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not keys or any(len(key.get_secret_value()) < SECRET_LENGTH for key in keys):
        raise ValueError(f"texts of at least {SECRET_LENGTH} characters, separated by commas")
    return keys


def _database_url(url: SecretStr) -> SecretStr:
    parse_url(url.get_secret_value())
    return url


def _server_url(url: SecretStr) -> SecretStr:
    if not parse_url(url.get_secret_value()).drivername.startswith("postgresql"):
        raise ValueError("postgresql+psycopg://user@host/database, the server itself")
    return url


def _web_url(text: str) -> str:
    if not _is_web_url(text) or "?" in text:
        raise ValueError(_WEB_URL)
    return text.rstrip("/")


def _public_url(text: str) -> str:
    if "@" in urlsplit(text).netloc:
        # It would stand in every message that has a link.
        raise ValueError(f"{_WEB_URL}; without user and password")
    if not text.isascii():
        # By SMS accents fall off, and the link leads to another host.
        raise ValueError(f"{_WEB_URL}; in ASCII, such as https://xn--mnchen-3ya.example")
    return text


def _heartbeat_url(url: SecretStr) -> SecretStr:
    if not _is_web_url(url.get_secret_value()):
        raise ValueError(f"{_WEB_URL}; ?query too")
    return url


def _is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    whole = text.isprintable() and " " not in text and not parts.fragment
    return safe and whole and port != 0 and _is_host(parts.hostname or "")


def _is_host(host: str) -> bool:
    """Whether that can be the name or address of a host."""
    try:
        return bool(_HOST.fullmatch(host) or ip_address(host))
    except ValueError:
        return False


def _numbers(numbers: tuple[str, ...]) -> tuple[str, ...]:
    if not numbers or not all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in numbers):
        raise ValueError("numbers like +573005550101, without spaces, separated by commas")
    return numbers


def _proxies(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        proxies = tuple(ip_network(text) for text in texts)
    except ValueError:
        proxies = ()
    if len(proxies) < len(texts) or any(proxy.prefixlen == 0 for proxy in proxies):
        raise ValueError("addresses such as 192.0.2.7, or networks such as 10.1.0.0/16, with commas; not everybody")
    return proxies


def _age(text: str) -> Age:
    if (age := read_age(text)) is None:
        raise ValueError(ALLOWED)
    return age


def _account_sid(sid: str) -> str:
    if not re.fullmatch(r"AC[0-9A-Za-z]+", sid):
        raise ValueError("AC and the digits that the provider's console shows")
    return sid


def _rates(text: str) -> Rates:
    pairs = dict(re.findall(r"(sms|calls)=(\d+(?:\.\d+)?)(?:,|$)", re.sub(r"\s", "", text)))
    rates = {name: float(rate) for name, rate in pairs.items()}
    is_whole = re.sub(r"\s", "", text) == ",".join(f"{name}={rate}" for name, rate in pairs.items())
    if not is_whole or not all(rate == 0 or _SLOWEST <= rate <= _FASTEST for rate in rates.values()):
        raise ValueError(f"sms=1,calls=1 with {_SLOWEST} to {_FASTEST} for each second, or 0 for unlimited")
    return Rates(**rates)


def _pin_cost(text: str) -> str:
    found = re.fullmatch(r"m=(\d{1,6}),t=(\d{1,2})", re.sub(r"\s", "", text))
    if found is None or int(found[1]) < _LEAST_MEMORY or int(found[2]) == 0:
        raise ValueError(f"{PIN_COST}: at least {_LEAST_MEMORY} KiB of memory, gone through 1 to 99 times")
    return found[0]


def _routes(text: str) -> Routing:
    orders: dict[str, tuple[str, ...]] = {}
    for part in text.split():
        prefix, _, order = part.partition("=")
        providers = tuple(order.split(","))
        is_order = set(providers) <= set(PROVIDERS) and len(set(providers)) == len(providers)
        if not re.fullmatch(rf"\+[1-9]\d{{0,14}}|\*|{MAIL}", prefix) or not is_order or prefix in orders:
            raise ValueError("+57=2,1 mail=1,2 *=1,2: each prefix once, with the providers in the order to try")
        orders[prefix] = providers
    return Routing({ANY_NUMBER if prefix == "*" else prefix: order for prefix, order in orders.items()})


_ESCAPES = "%40 for @, %3A for :, %2F for /, %23 for #, %3F for ?, %25 for %"


def _mail_server(text: str) -> MailServer:
    try:
        parts = urlsplit(text)
        sender = parse_qs(parts.query)["from"][0]
        port = parts.port or (SMTPS if parts.scheme == "smtps" else 587)
    except (ValueError, KeyError):
        parts, sender, port = urlsplit(""), "", 0
    host = parts.hostname or ""
    user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    # SMTP authentication allows only ASCII.
    may_sign_in = f"{user}{password}".isascii()
    if parts.scheme not in ("smtp", "smtps") or not _is_host(host) or "@" not in sender or not may_sign_in:
        # An error of the standard library would quote part of the password.
        raise ValueError(
            f"smtp://user:password@host:587?from=alert@example.org; in user and password {_ESCAPES}; "
            f"port {SMTPS}, or smtps://, for TLS from the first byte"
        ) from None
    secret = None if password is None else SecretStr(password)
    return MailServer(host, port, sender, user, secret, parts.scheme == "smtps" or port == SMTPS)


def _mailbox(text: str) -> MailboxAccount:
    try:
        parts = urlsplit(text)
        port = parts.port or IMAPS
    except ValueError:
        parts, port = urlsplit(""), 0
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    is_plain = parts.scheme == "imap"
    is_whole = _is_host(host) and user and password and not parts.query and not parts.fragment
    # IMAP's LOGIN allows only ASCII, and a folder's name is sent in quotes.
    is_ascii = f"{user}{password}".isascii() and re.fullmatch(r"[ -~]+", folder) and not set(folder) & {'"', "\\"}
    if parts.scheme not in ("imaps", "imap") or not is_whole or not is_ascii or (is_plain and not is_loopback(host)):
        raise ValueError(
            f"imaps://user:password@host/INBOX; in user and password {_ESCAPES}; imap:// without TLS on loopback alone"
        ) from None
    return MailboxAccount(host, port, user, SecretStr(password), folder, is_plain)


Secrets = Annotated[tuple[SecretStr, ...], _read_by(_split)]
SecretKeys = Annotated[Secrets, AfterValidator(_secret_keys)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
ServerUrl = Annotated[SecretStr, AfterValidator(_server_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
PublicUrl = Annotated[WebUrl, AfterValidator(_public_url)]
HeartbeatUrl = Annotated[SecretStr, AfterValidator(_heartbeat_url)]
AccountSid = Annotated[str, AfterValidator(_account_sid)]
Numbers = Annotated[tuple[str, ...], _read_by(_split), AfterValidator(_numbers)]
Proxies = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_proxies), _read_by(_split)]
PinCost = Annotated[str, AfterValidator(_pin_cost)]
Keep = Annotated[Age, _read_by(_age)]
Relay = Annotated[MailServer, _read_by(_mail_server)]
Mailbox = Annotated[MailboxAccount, _read_by(_mailbox)]
RateSetting = Annotated[Rates, _read_by(_rates)]
RoutingSetting = Annotated[Routing, _read_by(_routes)]
