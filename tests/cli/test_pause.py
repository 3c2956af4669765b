"""`pause`: who may stop what leaves says until when and why, and sees what is paused."""

import pytest

from alertnet.runtime.wiring import Runtime
from tests.cli.conftest import Office


def test_what_is_paused_is_shown_until_somebody_ends_it(office: Office, runtime: Runtime) -> None:
    assert office.types("pause").out == "Nothing is paused.\n"

    words = ("--method", "sms", "--for", "2h", "--why", "they lose texts", "--by", "Ines", "--yes")
    said = office.types("pause", *words)

    assert said.code == 0
    assert said.out.startswith("sms  paused until ")
    assert said.out.endswith("UTC  by Ines  they lose texts\n")
    assert office.types("pause").out == said.out
    assert office.types("pause", "--end").out == "Goes on: sms.\nNothing is paused.\n"


def test_it_asks_before(office: Office, runtime: Runtime) -> None:
    said = office.types("pause", "--everything", "--for", "5m", "--why", "a flood", keyboard="n\n")

    assert (said.code, "nothing leaves by call, email, sms, no alarm either" in said.out) == (1, True)
    assert office.types("pause").out == "Nothing is paused.\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--for", "5m"), "--why"),
        (("--for", "25h", "--why", "x"), "--for"),
        (("--for", "soon", "--why", "x"), "--for"),
        (("--until", "2020-01-01T10:00", "--why", "x"), "--until"),
        (("--method", "pigeon", "--for", "5m", "--why", "x"), "--method"),
        (("--provider", "2", "--for", "5m", "--why", "x"), "--provider"),
        (("--method", "sms"), "--for"),
        (("--for", "5m", "--why", "x"), "everything"),
        (("--everything", "--for", "61m", "--why", "x"), "until"),
    ],
)
def test_what_can_t_be_is_refused_by_name(office: Office, runtime: Runtime, words: tuple[str, ...], named: str) -> None:
    said = office.types("pause", *words, "--yes")

    assert (said.code, said.err.partition(":")[0]) == (2, named)


def test_a_number_without_a_unit_is_told_how_a_span_is_written(office: Office, runtime: Runtime) -> None:
    said = office.types("pause", "--for", "30", "--why", "x", "--yes")

    assert said.err.startswith("--for: '30' is not allowed (allowed: a span such as 90s, 10m or 2h")


def test_where_nothing_can_be_sent_nothing_is_paused(office: Office, runtime: Runtime) -> None:
    """Whoever looks needs no provider."""
    for name in ("TWILIO_ACCOUNT_SID", "ALERTNET_SMTP_URL"):
        del office.env[name]

    assert office.types("pause").out == "Nothing is paused.\n"
    refused = office.types("pause", "--for", "5m", "--why", "x", "--yes")
    assert (refused.code, "the settings name no provider" in refused.err) == (2, True)
