"""An incident that outlives an upgrade can say all that it has to, in its own words (A8)."""

import re
from dataclasses import replace

import pytest
import yaml

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.notification import Kind
from alertnet.messages.checks.example import EXAMPLE
from alertnet.messages.message import Message
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.completion import complete
from alertnet.messages.templates.load import Templates

PAGE_WORDS = "page/en.yaml"


def without(templates: Templates, *paths: str, **words: str) -> Templates:
    """An earlier version: some files are not there yet, and of the page's words some are others."""
    files = {path: source for path, source in templates.files.items() if not path.startswith(paths)}
    page = yaml.safe_load(files[PAGE_WORDS])
    del page["revoke"]
    return replace(templates, files=files | {PAGE_WORDS: yaml.safe_dump(page | words)})


def test_a_word_that_came_later_is_there_and_those_of_then_stay(templates: Templates) -> None:
    pinned = without(templates, "nothing", acknowledge="We are on it")

    words = Renderer(complete(pinned, templates)).page_words("en")

    assert words["acknowledge"] == "We are on it"
    assert words["revoke"] == Renderer(templates).page_words("en")["revoke"]


def test_a_message_that_came_later_is_there(templates: Templates) -> None:
    completed = complete(without(templates, "task/"), templates)

    assert completed.files["task/es/sms.j2"] == templates.files["task/es/sms.j2"]


@pytest.mark.parametrize("path", ["words/fr.yaml", "alert/fr/sms.j2"])
def test_no_language_is_added_to_what_it_speaks(templates: Templates, path: str) -> None:
    """Else somebody would be written to in another language in the middle of an incident."""
    french = tuple(each for each in templates.files if "/fr" in each)
    pinned = without(templates, *french)

    assert path in complete(pinned, templates, languages=("fr",)).files
    assert path not in complete(pinned, templates).files


def before_change(source: str) -> str:
    """A decision's template as it was before news could be one."""
    branch = re.compile(r"{% elif subject == 'change' %}.*?(?={% else %})", re.DOTALL)
    return branch.sub("", source).replace(" or subject == 'change'", "")


@pytest.mark.parametrize("method", [MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL])
def test_of_a_subject_that_came_later_it_says_what_is_in_force(templates: Templates, method: MethodKind) -> None:
    """A8: a decision on news must not read as one on a level; all others keep their words."""
    earlier = {
        path: before_change(source).replace("DECISION", "JUDGEMENT") if path.startswith("decision/") else source
        for path, source in templates.files.items()
    }
    for path in [path for path in earlier if path.startswith("words/")]:
        words = yaml.safe_load(earlier[path])
        words.get("subjects", {}).pop("change", None)
        earlier[path] = yaml.safe_dump(words)
    pinned = Templates(earlier)
    assert all("'change'" not in source for path, source in earlier.items() if path.startswith("decision/"))

    def says(templates: Templates, subject: Subject) -> Message:
        return Renderer(templates).render(Kind.DECISION, method, "es", replace(EXAMPLE, subject=subject))

    completed = complete(pinned, templates)
    assert says(completed, Subject.CHANGE) == says(templates, Subject.CHANGE)
    assert says(completed, Subject.LEVEL) == says(pinned, Subject.LEVEL) != says(completed, Subject.CHANGE)
