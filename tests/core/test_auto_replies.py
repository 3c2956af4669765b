"""Which texts are a machine's (B9)."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.inbound.auto_replies import Earlier, is_repeated, says_so

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


def before(seconds: float, body: str, *, is_answered: bool = False) -> Earlier:
    return Earlier(body, NOW - timedelta(seconds=seconds), is_answered)


@pytest.mark.parametrize(
    "body",
    [
        "I am out of the office until Monday.",
        "Auto-Reply: I'm driving with Do Not Disturb on.",
        "Réponse automatique : je suis en congé",
        "Estoy fuera de la oficina hasta el lunes",
        "Ich bin derzeit nicht im Büro",
        "Respuesta automática: estoy fuera de la oficina",
        "Abwesenheitsnotiz: Ich bin nicht im Büro",
        "Resposta automática. Estou fora do escritório",
    ],
)
def test_a_machine_says_that_it_is_one(body: str) -> None:
    assert says_so(body)


@pytest.mark.parametrize("body", ["¿Quién es?", "Estoy de vacaciones, llamen a Ana", "we left the office", "ok", ""])
def test_a_person_is_none(body: str) -> None:
    assert not says_so(body)
    assert says_so(f"Automatic reply: {body}")


def test_the_same_text_within_seconds_of_our_reply_is_a_machines() -> None:
    assert is_repeated("Hola", [before(5, "hola!", is_answered=True)], NOW)
    assert not is_repeated("Hola", [before(60, "hola!", is_answered=True)], NOW)
    assert not is_repeated("Hola", [before(5, "¿quién?", is_answered=True)], NOW)


def test_the_same_text_a_fifth_time_is_a_machines() -> None:
    """Three times is a person who had no reply; five alike in ten minutes, answered or not, are not."""
    again = [before(200 - 40 * place, "Hola", is_answered=True) for place in range(4)]

    assert not is_repeated("Hola", again[:3], NOW)
    assert is_repeated("Hola", again, NOW)
    assert is_repeated("Hola", [before(200 - 40 * place, "Hola") for place in range(4)], NOW)
    assert not is_repeated("Hola", [before(7000, "Hola", is_answered=True)] * 4, NOW)
