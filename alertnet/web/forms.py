"""Forms as they were posted: every field, blank ones and repeated ones too, and never more of them than is read."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import ImmutableMultiDict

from alertnet.core.errors import BadInput

LONGEST_FORM = 64 * 1024  # bytes; the provider's longest message makes about 20 kB
MOST_FIELDS = 200

Form = ImmutableMultiDict[str, str]


async def read_form(request: Request) -> Form:
    """The fields of the body (application/x-www-form-urlencoded), in the order in which they came.

    Raises:
        HTTPException: 413 for a body that is too long, 422 for one with too many fields.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, f"the form is longer than {LONGEST_FORM} bytes")
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(422, f"the form has more than {MOST_FIELDS} fields") from None
    return ImmutableMultiDict(pairs)


def needed(form: Form, name: str) -> str:
    """The value of a field that must be there.

    Raises:
        BadInput: it is missing or blank.
    """
    value = form.get(name)
    if not value:
        raise BadInput(name, value, "a value: the field is required")
    return value


Posted = Annotated[Form, Depends(read_form)]
