"""The door of the console: a session in a cookie, forms of its own pages alone, and each of them once.

A form carries two hidden fields. `proof` shows that one of our pages made it, for this session. `seen` says of what it
was made, so that the same form sent twice is known: it acts once or not at all. One that comes when its session has
ended is kept through the sign-in, sealed within that page and on nobody's disk, and shown again, to the user of that
session alone, before it is sent.
"""

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.datastructures import ImmutableMultiDict

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, Forbidden, TooMany
from alertnet.core.limits import ACTS, LONGEST_BODY, Limit
from alertnet.flows.unit.idempotent_request import Act, accept
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Unreadable, Vault
from alertnet.store.records import idempotency
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, SignedIn
from alertnet.store.records.idempotency import Once
from alertnet.web.auth import runtime_of
from alertnet.web.forms import Form, read_form

COOKIE = "desk"
SIGN_IN = "/desk/sign-in"
LONGEST_SEEN = 64

DONE_BEFORE = "this was recorded before: nothing was recorded now"
MANY_COME = "too many are signing in at this moment: try again in a few seconds"
NOT_OURS = "only a page of this console may do this"
OTHER_SESSION = "this form was made for another session: open the page again, and send it from there"
ENDED = "this session has ended: sign in again"

ROOM = 4096
"""Bytes of the form where one signs in that are left for what is typed there."""
UNSEEN = ("seen", "back", "expected", "standing")
"""What a page of ours has put into a form for itself: of what it was made, and where one goes from there."""


class DoneBefore(AlertnetError):
    """A form of the very same view has acted already; where that is seen."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(DONE_BEFORE)


class SignedOut(AlertnetError):
    """Nobody is signed in: never, or not any more."""

    def __init__(self) -> None:
        super().__init__(ENDED)


class Unproven(AlertnetError):
    """What was sent changes what lets people in, and came without the password of whoever is signed in: `who`."""

    def __init__(self, who: SignedIn, *, is_wrong: bool) -> None:
        self.who = who
        self.is_wrong = is_wrong
        super().__init__("this asks for your password")


@value
class Kept:
    """A form, where it was to be sent, and by whom."""

    user: str
    path: str
    fields: Form

    @property
    def visible(self) -> list[tuple[str, str]]:
        """What of it somebody can judge, under its name."""
        return [(name, text) for name, text in self.to_send if text and name not in UNSEEN]

    @property
    def to_send(self) -> list[tuple[str, str]]:
        """What is sent again; an alarm is looked at once more before it is raised."""
        sent = [(name, text) for name, text in self.fields.multi_items() if name not in ("proof", "password")]
        return [(name, "preview" if (name, text) == ("step", "raise") else text) for name, text in sent]


class Busy(AlertnetError):
    """So many sign in at this moment that one more is not looked at."""

    retry_after = timedelta(seconds=2)

    def __init__(self) -> None:
        super().__init__(MANY_COME)


def is_secure(request: Request) -> bool:
    """Whether the browser came by TLS: only then it would send a secure cookie back."""
    return "https" in (request.url.scheme, request.headers.get("X-Forwarded-Proto", "").lower())


def remember(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the text of its session; no script reads it, and no other site has it sent."""
    # Longer than the session: whose a form was that comes after its end is known by it alone.
    lasts = int(2 * users.SESSION_LASTS.total_seconds())
    response.set_cookie(COOKIE, token, max_age=lasts, secure=is_secure(request), httponly=True, samesite="strict")


def by(who: SignedIn) -> str:
    """Who did it, for the history."""
    return f"user {who.user}"


def proof_of(runtime: Runtime, who: SignedIn) -> str:
    """What a form of that session carries, and nobody else can make."""
    return f"{runtime.vault.sign(_form_of(who.id, who.user))}.{who.user}"


def signed_in(request: Request) -> SignedIn:
    """Whoever is signed in, as a dependency.

    Raises:
        SignedOut: nobody is.
    """
    token = request.cookies.get(COOKIE, "")
    who = runtime_of(request).read(users.signed_in, token) if token else None
    if who is None:
        raise SignedOut
    return who


Viewer = Annotated[SignedIn, Depends(signed_in)]


def check_origin(request: Request) -> None:
    """Refuse what another site, or nobody's page, has sent.

    Raises:
        Forbidden: the browser does not say that it comes from here.
    """
    try:
        host = urlsplit(request.headers.get("Origin", "")).netloc
    except ValueError:
        host = ""
    if not host or host != request.headers.get("Host"):
        raise Forbidden(NOT_OURS)


def check_form(request: Request, who: SignedIn, form: Form, role: Role = Role.OBSERVER) -> None:
    """Refuse a form that no page of this session made, or that this user may not send.

    Raises:
        Forbidden: says which.
    """
    check_origin(request)
    if _maker_of(form, who.id, runtime_of(request).vault) != who.user:
        raise Forbidden(OTHER_SESSION)
    if not who.role.may(role):
        raise Forbidden(f"{who.user} is {who.role.value}, and may not do this")


def check_pace(request: Request, who: SignedIn, limit: Limit = ACTS) -> None:
    """Count an act of this session.

    Raises:
        TooMany: it has acted as often as it may.
    """
    wait = request.app.state.throttle.wait(limit, who.id, runtime_of(request).now())
    if wait is not None:
        raise TooMany("acts in this session", timedelta(seconds=wait))


def act_once(request: Request, who: SignedIn, form: Form, act: Act, role: Role = Role.COORDINATOR) -> str:
    """Let the form act, once, for who has that role and a session that is still in force; where the result is seen.

    The same view acts once for its user, whichever session sends it: it may have ended between two tries.

    Raises:
        Forbidden: another page made it, or this user may not. DoneBefore: its view has acted before.
        SignedOut: the session has ended meanwhile. TooMany: this session has acted as often as it may.
    """
    check_form(request, who, form, role)
    check_pace(request, who)
    view = "\n".join(["desk", who.user, request.url.path, form.get("seen", "")[:LONGEST_SEEN]])
    return runtime_of(request).transact(_accept, who, act, Once(_hash(view), _hash("")))


async def keep(request: Request, vault: Vault) -> str:
    """The form of that request as it is put into the next page; empty where it is too long, or of no session.

    Raises:
        Forbidden: another site has sent it.
    """
    check_origin(request)
    form = await read_form(request)
    user = _maker_of(form, users.session_of(vault, request.cookies.get(COOKIE, "")), vault)
    if user is None:
        return ""
    whole = json.dumps([user, request.url.path, form.multi_items()]).encode()
    kept = b64encode(vault.seal(zlib.compress(whole))).decode()
    return kept if len(kept) * 1.1 < LONGEST_BODY - ROOM else ""


def kept_in(form: Form, vault: Vault) -> Kept | None:
    """What the page where one signs in has kept; None where it is nothing of ours."""
    try:
        user, path, fields = json.loads(zlib.decompress(vault.open(b64decode(form.get("kept", ""), validate=True))))
    except (ValueError, zlib.error, Unreadable):
        return None
    return Kept(user, path, ImmutableMultiDict(map(tuple, fields)))


def _accept(tx: Tx, who: SignedIn, act: Act, once: Once) -> str:
    if not users.is_still_signed_in(tx, who):
        raise SignedOut
    before = idempotency.find(tx.session, once.key)
    if before is not None:
        raise DoneBefore(before[1].location or "/desk")
    answer = accept(tx, act, once).answer
    return (answer.location if answer is not None else None) or "/desk"


def _maker_of(form: Form, session: str, vault: Vault) -> str | None:
    """Whose page made the form, in that session; None: none did."""
    signature, _, user = form.get("proof", "").partition(".")
    return user if vault.is_signed(_form_of(session, user), signature) else None


def _form_of(session: str, user: str) -> str:
    return f"desk {session} {user}"


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
