"""What a contact is asked to do, in which country and for whom: said by mail and on pages, and in part by a call."""

from collections.abc import Mapping

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.languages import fallbacks, title_in
from alertnet.core.disclosure import Said
from alertnet.core.incident import ASKS
from alertnet.shipped import country_names

NOTHING_ASKED = {"ask": "", "country": "", "nationals": ""}


def what_is_told(method: MethodKind, said: Said, language: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The same values, as far as that method may say them: a call what has words of its own (A9), an SMS nothing."""
    if method is MethodKind.EMAIL:
        return what_is_asked(said, language, labels)
    if method is MethodKind.CALL and said.ask and all(each in ASKS for each in said.ask.values()):
        return NOTHING_ASKED | {"ask": ask_in(language, said.ask, labels, said.tree_language)}
    return NOTHING_ASKED


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
    names = country_names().get(country, {})
    return next((_own(names, each) for each in fallbacks(language) if each in names), country)


def _own(names: Mapping[str, str], language: str) -> str:
    name = names[language]
    return names[name[1:]] if name.startswith("*") else name
