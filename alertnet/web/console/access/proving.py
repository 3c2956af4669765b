"""Checks passwords and passkeys that come with a form.

Each try is counted before it is checked (B9), and only a few are checked at a time.
"""

import threading
from urllib.parse import urlsplit

from fastapi import Request

from alertnet.flows.credentials.passkeys import BrowserAnswer
from alertnet.flows.credentials.users import count_try, forget_tries, is_password
from alertnet.runtime.wiring import Runtime
from alertnet.web.auth import address_of
from alertnet.web.console.desk import Desk
from alertnet.web.console.sessions import Busy, Unproven
from alertnet.web.forms import Form
from alertnet.web.throttle import held

AT_ONCE = 2
"""How many passwords are checked at a time. Each takes much CPU, and an alarm must not wait for it."""

MOST_WAITING = 8
"""How many sign-ins may wait for a check. Each holds a thread, and the provider's webhooks need threads too."""

_looking = threading.Semaphore(AT_ONCE)
_waiting = threading.Semaphore(MOST_WAITING)


def is_theirs(request: Request, runtime: Runtime, name: str, password: str, session: str | None = None) -> bool:
    """Whether that is the user's password. An unknown name takes as long as a known one; `Busy` where too many wait.

    `session`: the session that asks again, which has its own limit of tries.
    """
    with held(_waiting, Busy):
        address = address_of(request)
        hash = runtime.transact(count_try, name, address, session or address)
        if hash is None:
            return False
        with _looking:
            return is_password(password, hash)


def check_password(desk: Desk, form: Form) -> None:
    """Refuse a change to who gets in, or who is told, without the signed-in user's password (`Unproven`, or `Busy`)."""
    password, who = form.get("password", ""), desk.who
    if not password or not is_theirs(desk.request, desk.runtime, who.user, password, who.id):
        raise Unproven(who, is_wrong=bool(password))
    desk.runtime.transact(forget_tries, who.user, who.id)


def given(request: Request, form: Form) -> BrowserAnswer:
    """What the device signed, and the browser's origin and host. Call `check_origin` before."""
    origin = request.headers.get("Origin", "")
    return BrowserAnswer(form.get("passkey", ""), origin, urlsplit(origin).hostname or "")
