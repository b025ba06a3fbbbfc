"""`python -m benchmarks`: the whole run, its table, its plot and its JSON."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import lone, plot
from benchmarks.plan import taking_part
from benchmarks.results import CALLBOARD, Line, Run, as_json, lines, summary, table
from benchmarks.subjects import CANDIDATES, QUORUM, UNWATCHED, Callboard, Peer, Subject
from benchmarks.tick import Servers, run

OURS: Mapping[str, Subject] = {"unwatched": UNWATCHED, CALLBOARD: Callboard(), "quorum": QUORUM}
"""Callboard without its monitor, as it ships, and on quorum queues: last, for RabbitMQ still tidies up after these while the next one begins."""
NAMES = (*CANDIDATES, *OURS)
SIZES = (1_000, 10_000, 100_000)
TRIAL = 2_000
"""Tasks that the candidates of a peer are tried with."""
FOLDER = Path(__file__).resolve().parent / "results"


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Run a tick of Callboard beside Celery, celery-batches and Dramatiq, on private servers. The whole takes half an hour on two cores.",
        epilog="Examples: --sizes 1000 --rounds 1 --peers dramatiq,callboard --no-trials --folder /tmp;"
        " what the workers' monitor costs, alone, ten minutes: --sizes 10000 --rounds 15 --peers unwatched,callboard --folder /tmp",
    )
    parser.add_argument("--sizes", type=_numbers, default=SIZES, metavar="N,…", help="numbers of Tasks (default: 1000,10000,100000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured; medians are shown (default: 3)")
    parser.add_argument("--peers", type=_names, default=NAMES, metavar="NAME,…", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--no-trials", action="store_true", help="take each peer's first candidate instead of its fastest")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where tick.json, tick.md and tick.png go (default: benchmarks/results)")
    return parser.parse_args()


def _numbers(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted(int(part) for part in text.split(",")))
    if sizes[0] < SIZES[0]:
        raise argparse.ArgumentTypeError(f"{sizes[0]} is less than {SIZES[0]}, and no tick to measure")
    return sizes


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(NAMES)}")
    return names


def main() -> None:
    """Run what was asked for; progress goes to standard error, the table to standard output."""
    asked = arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    ran: list[Run] = []
    with Servers.started() as servers:
        subjects = [OURS.get(name) or chosen(name, servers, trials=not asked.no_trials) for name in asked.peers]
        for tasks in asked.sizes:
            for number in range(1, asked.rounds + 1):
                for subject in taking_part(subjects, tasks, number, ran):
                    ran.append(run(subject, tasks, number, servers))
                    say(progress(ran[-1]))
            # After each size: the next may take long, and fail.
            write(lines(ran), asked.folder)
        if CALLBOARD in asked.peers:
            say("messages that are alone")
            write(lines(ran), asked.folder, lone.waits(servers))
    print((asked.folder / "tick.md").read_text())


def write(found: Sequence[Line], folder: Path, alone: Sequence[float] = ()) -> None:
    """Write the table, the plot and the JSON; `alone` are the seconds that messages took which were alone."""
    as_found = as_json(found, machine()) | ({"lone_message_milliseconds": lone.as_json(alone)} if alone else {})
    (folder / "tick.json").write_text(json.dumps(as_found, indent=2) + "\n")
    (folder / "tick.md").write_text(f"{table(found)}\n{summary(found)}{lone.sentence(alone) if alone else ''}")
    plot.draw(found, folder / "tick.png")


def chosen(name: str, servers: Servers, *, trials: bool) -> Peer:
    """The fastest at draining of a peer's candidates."""
    candidates = CANDIDATES[name]
    if not trials:
        return candidates[0]
    rates = {}
    for candidate in candidates:
        rates[candidate.how] = TRIAL / run(candidate, TRIAL, 0, servers, both=False).phases["drain"].seconds
        say(f"trial: {candidate.name} ({candidate.how}) drains {rates[candidate.how]:,.0f} a second")
    return max(candidates, key=lambda candidate: rates[candidate.how])


def progress(ended: Run) -> str:
    """A run in a line."""
    phases = ", ".join(f"{name} {phase.seconds:.2f} s" for name, phase in ended.phases.items())
    return f"{ended.tasks:,} Tasks, round {ended.round}, {ended.subject}: {phases}"


def say(what: str) -> None:
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("celery", "celery-batches", "dramatiq", "pika", "psycopg2-binary", "SQLAlchemy")
    return {"cores": os.cpu_count(), "python": platform.python_version(), **{name: version(name) for name in packages}}


if __name__ == "__main__":
    main()
