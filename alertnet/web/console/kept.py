"""A form that came when its session had ended: kept through the sign-in, and shown again before it is sent.

It is sealed within the page where one signs in, and on nobody's disk: whoever searches the laptop reads nothing of it.
"""

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import ImmutableMultiDict

from alertnet.core.limits import LONGEST_BODY
from alertnet.store.db.vault import Unreadable, Vault
from alertnet.web.console.door import check_origin
from alertnet.web.forms import Form, read_form

ROOM = 4096
"""Bytes of the form where one signs in that are left for what is typed there."""
UNSEEN = ("proof", "seen", "back", "step", "expected")


@dataclass(frozen=True)
class Kept:
    """A form, and where it was to be sent."""

    path: str
    fields: Form

    @property
    def visible(self) -> list[str]:
        """What somebody typed or chose."""
        return [text for name, text in self.fields.multi_items() if text and name not in UNSEEN]

    @property
    def to_send(self) -> list[tuple[str, str]]:
        """What is sent again; an alarm is looked at once more before it is raised."""
        sent = [(name, text) for name, text in self.fields.multi_items() if name != "proof"]
        return [(name, "preview" if (name, text) == ("step", "raise") else text) for name, text in sent]


async def keep(request: Request, vault: Vault) -> str:
    """The form of that request as it is put into the next page; empty where it is too long for that.

    Raises:
        Forbidden: another site has sent it.
    """
    check_origin(request)
    form = await read_form(request)
    whole = json.dumps([request.url.path, form.multi_items()]).encode()
    kept = b64encode(vault.seal(zlib.compress(whole))).decode()
    return kept if len(kept) * 1.1 < LONGEST_BODY - ROOM else ""


def kept_in(form: Form, vault: Vault) -> Kept | None:
    """What the page where one signs in has kept; None where it is nothing of ours."""
    try:
        path, fields = json.loads(zlib.decompress(vault.open(b64decode(form.get("kept", ""), validate=True))))
    except (ValueError, zlib.error, Unreadable):
        return None
    return Kept(path, ImmutableMultiDict(map(tuple, fields)))
