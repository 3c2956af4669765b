"""Passwords and passkeys as they come with a form: each try is counted before it is judged, and few judged together."""

import threading
from urllib.parse import urlsplit

from fastapi import Request

from alertnet.flows.credentials.passkeys import Given
from alertnet.flows.credentials.users import count_try, forget_tries, is_password
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials.users import SignedIn
from alertnet.web.auth import client_address
from alertnet.web.console.door import Busy, Unproven
from alertnet.web.forms import Form

AT_ONCE = 2
"""Passwords that are looked at together: each takes the processor a while, and an alarm must not wait for it."""

MOST_WAITING = 8
"""Sign-ins that wait for it at most: each holds a thread, and the provider's webhooks need some."""

_looking = threading.Semaphore(AT_ONCE)
_waiting = threading.Semaphore(MOST_WAITING)


def is_theirs(request: Request, runtime: Runtime, name: str, password: str, session: str | None = None) -> bool:
    """Whether that is the password of that user; it takes as long for a name that is nobody's.

    `session`: the one that asks for it again, which has tries of its own.

    Raises:
        Busy: too many ask that at this moment.
    """
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        address = address_of(request, runtime)
        hash = runtime.transact(count_try, name, address, session or address)
        if hash is None:
            return False
        with _looking:
            return is_password(password, hash)
    finally:
        _waiting.release()


def check_password(request: Request, runtime: Runtime, who: SignedIn, form: Form) -> None:
    """Refuse a form that changes what lets people in, or who is told, without the password of whoever is signed in.

    Raises:
        Unproven: it is missing, or another one. Busy: too many ask that at this moment.
    """
    password = form.get("password", "")
    if not password or not is_theirs(request, runtime, who.user, password, who.id):
        raise Unproven(who, is_wrong=bool(password))
    runtime.transact(forget_tries, who.user, who.id)


def address_of(request: Request, runtime: Runtime) -> str:
    """The address that tries are counted by."""
    return client_address(request, runtime.settings.trusted_proxies)


def given(request: Request, form: Form) -> Given:
    """What the device answered, and the site that the browser was at: its origin was looked at before."""
    origin = request.headers.get("Origin", "")
    return Given(form.get("passkey", ""), origin, urlsplit(origin).hostname or "")
