"""What the sandbox costs: a program that does nothing, bare and as a job with all limits on, in turns.

`make bench-sandbox`. The figures are of this machine at this time; docs/checker-security.md has some.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from checker.sandbox import Job, Limits, Sandbox, choose
from checker.sandbox.choice import ISOLATING
from checker.sandbox.rlimits import Rlimits

ALL = Limits(wall=60, cpu=30, memory=1 << 30, processes=64, file_size=1 << 26, disk=1 << 28, output=1 << 20)
TARGET = 15.0
"""Milliseconds that a run may cost over the bare process."""


def main() -> None:
    """Measure and print; exit code 1 if the sandbox that is chosen here costs too much."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    sandboxes = [choose(name) for name, (_, unavailable) in ISOLATING.items() if unavailable() is None] + [Rlimits(fallback=True)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = {"bare": bare, **{sandbox.name: of(sandbox, folder) for sandbox in sandboxes}}
        times = measure(runs, rounds)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        ninth = statistics.quantiles(taken, n=10)[-1]
        print(f"{name:<11} median {medians[name]:6.1f} ms, 90 % under {ninth:6.1f} ms, over the bare process {medians[name] - medians['bare']:+6.1f} ms")
    sys.exit(medians[sandboxes[0].name] - medians["bare"] > TARGET)


def bare() -> None:
    """The program without a sandbox."""
    subprocess.run(["/bin/true"], check=True, capture_output=True, env={})


def of(sandbox: Sandbox, folder: Path) -> Callable[[], None]:
    """The program in a sandbox."""
    job = Job(["/bin/true"], folder, {}, writable=[folder], readable=[Path(__file__).parent], hidden=[Path(__file__)])

    def run() -> None:
        outcome = sandbox.run(job, ALL)
        if outcome.exit_code != 0:
            raise RuntimeError(f"{sandbox.name}: {outcome}")

    return run


def measure(runs: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each run, in turns, so that whatever else the machine does falls on all."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) * 1000)
    # The first round finds out what works and reads programs from the disk.
    return {name: taken[1:] for name, taken in times.items()}


if __name__ == "__main__":
    main()
