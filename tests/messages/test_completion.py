"""An incident that outlives an upgrade can say all that it has to, in its own words (A8)."""

from dataclasses import replace

import pytest
import yaml

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
