"""An explanation and an example of every key, from `key_help.yaml`: for `trees schema`, the console and faults."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from alertnet.core.codec import value
from alertnet.core.incident import ASKS


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
