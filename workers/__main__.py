"""`python -m workers -p 2 -t 4` is `dramatiq workers.main -p 2 -t 4`, and what Dramatiq's master logs comes in the site's own format too."""

import sys

from dramatiq import cli

from project import logs
from project.settings import SettingsError, load_settings


def main() -> int:
    """Work RabbitMQ's messages until a signal; Dramatiq's exit code."""
    try:
        # The master never imports workers.main, where its worker processes set up theirs.
        logs.configure(production=load_settings().production)
    except SettingsError as fault:
        sys.exit(f"callboard: {fault}")
    arguments = cli.make_argument_parser().parse_args(["workers.main", *sys.argv[1:]])  # type: ignore[no-untyped-call]  # as Dramatiq has it
    # On SIGHUP Dramatiq starts anew what stands here.
    sys.argv = [sys.executable, "-m", "workers", *sys.argv[1:]]
    return int(cli.main(arguments))  # type: ignore[no-untyped-call]  # as Dramatiq has it


if __name__ == "__main__":
    sys.exit(main())
