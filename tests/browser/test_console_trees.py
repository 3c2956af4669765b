"""The trees at the console with a script: a slider that lights up who is told, an editor that checks and completes."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.console import Console

pytestmark = pytest.mark.browser


def test_the_slider_lights_up_who_is_told_and_another_case_is_played_at_once(desk: Console) -> None:
    """Without a press; and nothing comes from another host."""
    desk.opens("/simulator?type=arrest&country=CO&minute=195&hours=2")
    lit = desk.page.locator("#night .row.lit")
    first = lit.count()

    desk.page.get_by_label("Seen after").fill("40")
    expect(lit).not_to_have_count(first)
    expect(desk.page.locator("#passed")).to_have_text("0:40")

    desk.page.get_by_label("Severity").select_option("moderate")
    expect(desk.page.locator("#night")).to_contain_text("arrest, moderate")
    assert desk.hosts == {"127.0.0.1"}

    refusal = desk.page.request.get(f"{desk.base}/desk/no/such").text()
    desk.page.route("**/simulator?*", lambda route: route.fulfill(status=429, content_type="text/html", body=refusal))
    desk.page.get_by_label("Severity").select_option("critical")
    expect(desk.page.locator("#night").get_by_role("alert")).to_contain_text("/desk/no/such")


def test_an_edit_is_there_after_a_look_elsewhere_and_is_not_left_without_a_question(desk: Console) -> None:
    """Whoever looks up a key, or a name on another page, has not typed for nothing."""
    desk.opens("/editions/1/files?name=colombia.yaml")
    text = desk.page.get_by_label("Its text")
    edited = text.input_value().replace("wait: 10m", "wait: 7m", 1)
    text.fill(edited)

    desk.page.once("dialog", lambda asked: asked.accept())
    desk.page.get_by_role("link", name="Board").click()
    expect(desk.page.get_by_role("heading", name="To do")).to_be_visible()
    desk.page.go_back()
    expect(text).to_have_value(edited)

    desk.page.get_by_role("button", name="Check, and see").click()
    expect(desk.page.get_by_role("heading", name="What it changes of what is in force")).to_be_visible()
    asked: list[str] = []

    def stays(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    desk.page.once("dialog", stays)
    with desk.page.expect_event("dialog"):
        desk.page.get_by_role("link", name="Board").click(no_wait_after=True)
    assert asked == ["beforeunload"]
    expect(text).to_have_value(edited)


def test_the_editor_marks_a_fault_while_one_types_and_completes_and_explains_a_key(desk: Console) -> None:
    desk.opens("/editions/1/files?name=colombia.yaml")
    text = desk.page.get_by_label("Its text")

    text.fill(text.input_value().replace("deputy: coordinator-2", "deputy: coordinator-3", 1))
    expect(desk.page.locator(".findings .fault")).to_contain_text("unknown contact 'coordinator-3'")
    expect(desk.page.locator("#gutter .fault")).to_have_count(1)

    text.press("Control+End")
    text.press_sequentially("roun")
    expect(desk.page.get_by_role("option", name="rounds")).to_be_visible()
    text.press("Tab")
    assert text.input_value().endswith("rounds: ")
    expect(desk.page.locator("#key")).to_contain_text("How often the whole tree runs")
