"""`alertnet worker` with so many threads for SMS: `python -m benchmarks.small_worker SENDERS`."""

import sys
from contextlib import closing

from alertnet.cli.process_end import until_signalled
from alertnet.core.contact import MethodKind
from alertnet.runtime import make_runtime
from alertnet.settings import read_settings
from alertnet.worker import Worker


def main(senders: str) -> None:
    with (
        closing(make_runtime(read_settings())) as runtime,
        until_signalled() as ended,
        Worker(runtime, {MethodKind.SMS: int(senders)}),
    ):
        ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
