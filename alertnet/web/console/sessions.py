"""Sessions of the console: who is signed in, which forms are theirs, and what becomes of a form that comes too late.

A session is a cookie. A form carries a hidden field `proof`, which shows that a page of this console made it for this
session.

A form that arrives after its session has ended is not lost. It is sealed (encrypted) into the sign-in page, stored
nowhere on the server, and shown once more before it is sent, only to the user whose session it was.
"""

import json
import zlib
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.datastructures import ImmutableMultiDict

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, Forbidden
from alertnet.core.limits import LONGEST_BODY
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.vault import Unreadable, Vault
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SignedIn
from alertnet.web.auth import runtime_of
from alertnet.web.forms import Form, read_form

COOKIE = "desk"
SIGN_IN = "/desk/sign-in"
ELSEWHERE = ("cross-site", "same-site")
"""`Sec-Fetch-Site` values of a request that another site started, such as a form or an image there."""

DONE_BEFORE = "this was recorded before: nothing was recorded now"
MANY_COME = "too many are signing in at this moment: try again in a few seconds"
NOT_OURS = "only a page of this console may do this"
OTHER_SESSION = "this form was made for another session: open the page again, and send it from there"
ENDED = "this session has ended: sign in again"

ROOM = 4096
"""Bytes of a sign-in form that stay free for what the user types."""
UNSEEN = ("seen", "back", "expected", "standing")
"""Fields that our pages add for themselves (the view they came from, where to go next); users don't fill them in."""


class DoneBefore(AlertnetError):
    """This view's form has acted already. `location` is where its result is shown."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(DONE_BEFORE)


class SignedOut(AlertnetError):
    """Nobody is signed in, or the session has ended."""

    def __init__(self) -> None:
        super().__init__(ENDED)


class Unproven(AlertnetError):
    """A change to what lets people in came without the password of the signed-in user (`who`), or with a wrong one."""

    def __init__(self, who: SignedIn, *, is_wrong: bool) -> None:
        self.who = who
        self.is_wrong = is_wrong
        super().__init__("this asks for your password")


@value
class Kept:
    """A form that was kept over a sign-in: its fields, its address, and the user who sent it."""

    user: str
    path: str
    fields: Form

    @property
    def visible(self) -> list[tuple[str, str]]:
        """The fields that a user can judge, as pairs of name and text."""
        return [(name, text) for name, text in self.to_send if text and name not in UNSEEN]

    @property
    def to_send(self) -> list[tuple[str, str]]:
        """The fields to send again. Raising an alarm goes back to its preview first."""
        sent = [(name, text) for name, text in self.fields.multi_items() if name not in ("proof", "password")]
        return [(name, "preview" if (name, text) == ("step", "raise") else text) for name, text in sent]


class Busy(AlertnetError):
    """Too many people are signing in at this moment; this attempt is not checked."""

    retry_after = timedelta(seconds=2)

    def __init__(self) -> None:
        super().__init__(MANY_COME)


def is_secure(request: Request) -> bool:
    """Whether the browser came by TLS. Only then does it send a secure cookie back.

    The browser says so itself in Origin. Where it names none, as coming back from an OpenID Connect provider, it came
    to the public URL.
    """
    origin = request.headers.get("Origin", "null")
    return (_public_url(request) if origin == "null" else origin).startswith("https:")


def remember(request: Request, response: Response, token: str) -> None:
    """Set the session cookie. Scripts can't read it, and other sites' requests don't carry it."""
    # It outlives the session, because it is the only way to tell whose a form was that comes later.
    lasts = int(2 * users.SESSION_LASTS.total_seconds())
    response.set_cookie(COOKIE, token, max_age=lasts, secure=is_secure(request), httponly=True, samesite="strict")


def proof_of(runtime: Runtime, who: SignedIn) -> str:
    """The proof for forms of that session; only the server can make it."""
    return f"{runtime.vault.sign(_form_of(who.id, who.user))}.{who.user}"


def signed_in(request: Request) -> SignedIn:
    """The user who is signed in, as a FastAPI dependency."""
    token = request.cookies.get(COOKIE, "")
    who = runtime_of(request).read(users.signed_in, token) if token else None
    if who is None:
        raise SignedOut
    return who


Viewer = Annotated[SignedIn, Depends(signed_in)]


def check_origin(request: Request) -> None:
    """Refuse (`Forbidden`) a form that the browser does not say came from a page of this site.

    `Sec-Fetch-Site` says it whatever a proxy has made of Host. Where a browser does not send it, or a user loads the
    page again, Origin decides: it must name the host that was asked, or the public URL's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site in ELSEWHERE or (site != "same-origin" and not _names_this_site(request)):
        raise Forbidden(NOT_OURS)


def _names_this_site(request: Request) -> bool:
    try:
        host = urlsplit(request.headers.get("Origin", "")).netloc
    except ValueError:
        return False
    return bool(host) and host in (request.headers.get("Host"), urlsplit(_public_url(request)).netloc)


def _public_url(request: Request) -> str:
    return runtime_of(request).settings.public_url or ""


async def keep(request: Request, vault: Vault) -> str:
    """Seal the request's form for the sign-in page; empty where it is too long, or of no session."""
    check_origin(request)
    form = await read_form(request)
    user = maker_of(form, users.session_of(vault, request.cookies.get(COOKIE, "")), vault)
    if user is None:
        return ""
    whole = json.dumps([user, request.url.path, form.multi_items()]).encode()
    kept = b64encode(vault.seal(zlib.compress(whole))).decode()
    return kept if len(kept) * 1.1 < LONGEST_BODY - ROOM else ""


def kept_in(form: Form, vault: Vault) -> Kept | None:
    """The form that a sign-in page has kept; None where we did not seal it."""
    try:
        user, path, fields = json.loads(zlib.decompress(vault.open(b64decode(form.get("kept", ""), validate=True))))
    except (ValueError, zlib.error, Unreadable):
        return None
    return Kept(user, path, ImmutableMultiDict(map(tuple, fields)))


def maker_of(form: Form, session: str, vault: Vault) -> str | None:
    """The user for whom the form was made in that session; None where the proof is not valid."""
    signature, _, user = form.get("proof", "").partition(".")
    return user if vault.is_signed(_form_of(session, user), signature) else None


def _form_of(session: str, user: str) -> str:
    return f"desk {session} {user}"
