"""The demo from curtain to curtain: the stage is set, the tour is played, and then anybody may try things."""

import logging
import sys

from rich.console import Console
from rich.text import Text

from alertnet.cli.demo.stage import Stage, stage
from alertnet.cli.demo.tour import Tour
from alertnet.cli.demo.watch import Missed, Watch
from alertnet.cli.serving import until_signalled
from alertnet.logging import configure

TOUR_SECONDS = 50.0
PAUSE_SECONDS = 2.0
LOOK_SECONDS = 0.1

INVITATION = """\
alertnet is up at {url} and everybody waits by the phone; what reaches them is shown below. Ctrl-C ends it.

In another terminal:

  export KEY={key}

  curl -s {url}/v1/incidents -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
       -d '{{"type": "arrest", "country": "CO", "consent": "international", "people": [{{"code": "P7"}}]}}'

  REF=A-7K3M      # the "ref" of the answer

  curl -s {url}/v1/incidents/$REF -H "Authorization: Bearer $KEY"

  curl -s {url}/v1/incidents/$REF/close -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
       -d '{{"reason": "released"}}'

The whole API is at {url}/openapi.json; a link in an SMS opens in a browser. The cast:

{cast}
"""


def play(*, stay: bool, port: int) -> bool:
    """Whether the tour went as it should. `stay`: at a reader's pace, and up until a signal when it is over."""
    configure(level=logging.ERROR)
    console = Console(highlight=False)
    with stage(port) as built:
        watch = Watch(built, console, TOUR_SECONDS)
        try:
            Tour(built, watch, PAUSE_SECONDS if stay else 0).run()
        except Missed as missed:
            sys.stderr.write(f"The tour did not go as it should: no sign of {missed}.\n")
            return False
        console.print(Text("\nThe tour went as it should.\n", "bold green"))
        if stay:
            _stay(built, watch, console)
    return True


def _stay(built: Stage, watch: Watch, console: Console) -> None:
    cast = "\n".join(f"  {name:<18}{address}" for address, name in built.cast.items())
    console.print(Text(INVITATION.format(url=built.api.url, key=built.api.key, cast=cast)), soft_wrap=True)
    with until_signalled() as ended:
        while not ended.wait(LOOK_SECONDS):
            watch.look()
