"""An explanation and an example of every key, from `key_help.yaml`: for `trees schema`, the console and faults."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from alertnet.core.codec import value
from alertnet.core.incident import ASKS

PATTERNS = {
    "time": r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
    "weekday": r"^(Mo|Tu|We|Th|Fr|Sa|Su)$",
    "moment": r"^(Mo|Tu|We|Th|Fr|Sa|Su) ([01][0-9]|2[0-3]):[0-5][0-9]$",
    "duration": r"^[0-9]{1,7}[smhd]$",
    "number": r"^\+[1-9][0-9]{6,14}$",
    "emergency": r"^[0-9]{2,6}$",
    "extension": r"^[0-9w]{1,32}$",
    "slug": r"^[a-z0-9][a-z0-9-]{0,62}$",
    "country": r"^[A-Z]{2}$",
    "key_file": r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(asc|pgp|gpg)$",
    "days": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$",
    "to_notify": r"^(role:[a-z_]{1,30}|(group:)?[a-z0-9][a-z0-9-]{0,62})$",
    "code": r"^(?!C[0-3]$)[A-Z][A-Z0-9]{0,7}$",
    "place": r"^[A-Z0-9*][A-Z0-9*-]{0,31}$",
    "language": r"^[a-z]{2,3}(-[A-Z]{2})?$",
}


@value
class Key:
    """The meaning and an example of a key; `pattern`: the name of the one that its single values keep to."""

    what: str
    example: Any
    pattern: str | None = None


@cache
def key_help() -> Mapping[str, Mapping[str, Key]]:
    text = Path(__file__).with_suffix(".yaml").read_text("utf-8").replace("{asks}", " ".join(ASKS))
    forms = yaml.load(text, yaml.CSafeLoader)
    return {form: {name: Key(**key) for name, key in keys.items()} for form, keys in forms.items()}
