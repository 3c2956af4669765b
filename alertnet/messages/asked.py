"""What a contact is asked to do, in which country and for whom. Mail and pages say it; SMS and calls never do."""

from collections.abc import Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import phonenumbers

from alertnet.core.directory.languages import fallbacks, title_in
from alertnet.core.disclosure import Said
from alertnet.core.incident import ASKS

NOTHING_ASKED = {"ask": "", "country": "", "nationals": ""}


def what_is_asked(said: Said, language: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The values `ask`, `country` and `nationals` for templates."""
    return {
        "ask": ask_in(language, said.ask, labels, said.tree_language) if said.ask else "",
        "country": country_name(said.country, language) if said.country else "",
        "nationals": labels.get("nationals", "") if said.nationals else "",
    }


def ask_in(language: str, ask: Mapping[str, str], labels: Mapping[str, str], of_tree: str) -> str:
    """An ask in that language, without a full stop; `labels` are those of the page."""
    text = title_in(language, next(iter(ask.values())), ask, of_tree)
    return labels[f"ask_{text}"] if text in ASKS else text.removesuffix(".")


def country_name(country: str, language: str) -> str:
    """The name of a country (ISO 3166-1 alpha-2), or its code where we have no name."""
    names = _names().get(country, {})
    return next((_own(names, each) for each in fallbacks(language) if each in names), country)


def _own(names: Mapping[str, str], language: str) -> str:
    """The name in that language; `*en` refers to the name in another one."""
    name = names[language]
    return names[name[1:]] if name.startswith("*") else name


@cache
def _names() -> dict[str, dict[str, str]]:
    """Country names by country and language.

    Read directly from one file of `phonenumbers`: importing its package would load geodata of the whole world (200 MB).
    """
    path = Path(phonenumbers.__file__).with_name("geodata") / "locale.py"
    spec = spec_from_file_location("phonenumbers.geodata.locale", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    names: dict[str, dict[str, str]] = module.LOCALE_DATA
    return names
