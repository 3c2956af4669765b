"""Fills a form from a document, or gives every fault with its line."""

from typing import Any, TypeVar, cast, get_args

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alertnet.core.directory.languages import phrase
from alertnet.trees.forms.key_help import key_help
from alertnet.trees.forms.tree_form import Form
from alertnet.trees.reading.document import Document, Steps
from alertnet.trees.reading.fault import Fault, NotAllowed

F = TypeVar("F", bound=Form)

_SHAPES = {
    "list_type": phrase("needs a list"),
    "dict_type": phrase("needs a mapping"),
    "model_type": phrase("needs a mapping"),
    "too_short": phrase("is empty"),
}


def conform(document: Document, form: type[F]) -> tuple[F | None, tuple[Fault, ...]]:
    """The form, or None and the faults; cached with the document."""
    return document.keep("form", form, lambda: _conform(document, form))


def _conform(document: Document, form: type[F]) -> tuple[F | None, tuple[Fault, ...]]:
    try:
        return form.model_validate(document.content), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, tuple(_fault(document, form, detail) for detail in details)


def _fault(document: Document, form: type[Form], detail: ErrorDetails) -> Fault:
    in_key = detail["loc"][-1:] == ("[key]",)
    steps: Steps = detail["loc"][:-1] if in_key else detail["loc"]
    value = steps[-1] if in_key else detail["input"]
    match detail["type"]:
        case "value_error":
            cause: NotAllowed = detail["ctx"]["error"]
            example = "" if cause.allowed else _example(form, steps)
            value = None if cause.is_secret else value
            return document.fault(steps, cause.message, value, cause.allowed, at_key=in_key, example=example)
        case "missing":
            message = phrase("required key '{key}' is missing", key=str(steps[-1]))
            return document.fault(steps, message, example=_example(form, steps))
        case "extra_forbidden":
            return _unknown_key(document, steps, _form_at(form, steps[:-1]))
        case shape:
            return document.fault(steps, _SHAPES[shape], value, example=_example(form, steps))


def _unknown_key(document: Document, steps: Steps, form: type[Form]) -> Fault:
    key = str(steps[-1])
    if (above := _empty_above(document, steps)) is not None:
        message = phrase(
            "'{key}' stands beside '{above}', which is empty: move it and what is below it two spaces to the right",
            key=key,
            above=above,
        )
        return document.fault(steps, message, at_key=True)
    if key.partition(":")[0] in form.model_fields:
        return document.fault(steps, phrase("a key needs a colon and a space behind it"), key, at_key=True)
    own_first = sorted(form.model_fields, key=lambda name: name not in form.__annotations__)
    return document.fault(steps, phrase("unknown key"), key, tuple(own_first), at_key=True)


def _empty_above(document: Document, steps: Steps) -> str | None:
    """The key right above with an empty value, under which this one was probably meant to stand."""
    around: Any = document.content
    for step in steps[:-1]:
        around = around[step]
    before = list(around)[: list(around).index(steps[-1])]
    return str(before[-1]) if before and around[before[-1]] == "" and isinstance(around[steps[-1]], dict) else None


def _example(form: type[Form], steps: Steps) -> str:
    """An example of the key, else of the nearest key around it."""
    for end in range(len(steps), 0, -1):
        key = steps[end - 1]
        its = key_help().get(getattr(_form_at(form, steps[: end - 1]), "__name__", ""), {})
        if isinstance(key, str) and key in its:
            shown = yaml.safe_dump(
                {key: its[key].example}, default_flow_style=True, allow_unicode=True, width=1000, sort_keys=False
            )
            return shown.strip().removeprefix("{").removesuffix("}")
    return ""


def _form_at(form: type[Form], steps: Steps) -> type[Form]:
    kind: Any = form
    for step in steps:
        kind = kind.model_fields[step].annotation if hasattr(kind, "model_fields") else get_args(kind)[-1]
        if type(None) in get_args(kind):
            kind = get_args(kind)[0]
    return cast("type[Form]", kind)
