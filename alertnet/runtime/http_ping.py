"""One request to a URL that the operator has set and that is no provider: ourselves, or a monitoring service."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

Ping = Callable[[str, Mapping[str, str] | None, Mapping[str, str] | None], str | None]
"""URL, form and headers in; the fault out, None where it was answered."""


def ping(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> str | None:
    """GET, or POST a form, under one deadline. None where the answer was 2xx, else the name of the fault.

    No redirect is followed, so it reaches only what the operator has set. A user and password in the URL authenticate.
    """
    # The transport imports the provider's SDK, which takes long, and most commands never ping.
    from alertnet.channels.transport import AnswerLost, NotConnected, Transport

    parts = urlsplit(url)
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    fields = {"User-Agent": "alertnet", "Connection": "close", **(headers or {})}
    if form is not None:
        fields["Content-Type"] = "application/x-www-form-urlencoded"
    method = "GET" if form is None else "POST"
    try:
        answer = Transport().exchange(method, plain, data=form, headers=fields, auth=auth)
    except (NotConnected, AnswerLost) as fault:
        return fault.code
    return None if 200 <= answer.status < 300 else str(answer.status)
