"""A provider that takes its time to end a call keeps nobody waiting who has asked us for something."""

from pathlib import Path

from tests.web.world import world_in

MORE_THAN_THE_WEB_HAS_THREADS = 50


def test_webhooks_are_answered_while_calls_can_not_be_ended(tmp_path: Path) -> None:
    """A4, A11: the answer leaves before the call is over, however many there are; and then it is ended."""
    with world_in(tmp_path) as world:
        world.line.may_hang_up.clear()
        world.raises()
        attempt = world.attempt("bob")
        world.closes()

        answers = [
            world.post(f"/twilio/voice/status/{attempt}", CallSid="CA1", CallStatus="ringing").status_code
            for _ in range(MORE_THAN_THE_WEB_HAS_THREADS)
        ]

        assert set(answers) == {204}
        assert world.line.hung_up == []
        world.line.may_hang_up.set()
        assert world.hung_up() == ["CA1"]
