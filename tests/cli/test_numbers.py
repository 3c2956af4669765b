"""`numbers test` and `numbers list`, beside a running process."""

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import number_tests
from tests.cli.conftest import Office


@pytest.mark.usefixtures("runtime")
def test_a_test_is_on_its_way_at_once_and_listed_until_it_is_answered(office: Office, runtime: Runtime) -> None:
    said = office.types("numbers", "test", "colombia/coordinator")

    assert (said.code, said.out) == (0, "colombia/coordinator\n")
    listed = office.types("numbers", "list").out
    assert "no answer yet" in next(line for line in listed.splitlines() if line.startswith("colombia/coordinator "))
    sent = runtime.read(lambda tx: number_tests.every(tx.session))
    assert {each.contact for each in sent} == {"coordinator"}
    runtime.transact(lambda tx: [number_tests.answer(tx, each, "sms") for each in sent])
    listed = office.types("numbers", "list").out
    assert "answered" in next(line for line in listed.splitlines() if line.startswith("colombia/coordinator "))


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ([], "ids of contacts, or --all"),
        (["colombia/coordinator", "--all"], "ids of contacts, or --all"),
        (["--all", "--due", "soon"], "a number of days, such as 90d"),
        (["nobody"], "colombia/coordinator"),
        (["international/embassy-es"], "drills: true"),
    ],
)
def test_what_can_not_be_tried_is_refused_with_what_can(office: Office, typed: list[str], fault: str) -> None:
    err = office.refused("numbers", "test", *typed)

    assert fault in err
