"""The rates of a run as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.results import PHASES, Line

TITLES = {"enqueue": "Enqueue", "drain": "Drain", "both": "Both at once"}


def draw(found: Sequence[Line], path: Path) -> None:
    """Write a PNG: for each phase, the rate of every subject over the number of Tasks."""
    figure = Figure(figsize=(13, 4.5), layout="constrained")
    panes = figure.subplots(1, len(PHASES), sharey=True)
    subjects = list(dict.fromkeys(line.subject for line in found))
    sizes = sorted({line.tasks for line in found})
    for phase, pane in zip(PHASES, panes, strict=True):
        for subject in subjects:
            own = [line for line in found if line.subject == subject]
            pane.plot([line.tasks for line in own], [line.rate(phase) for line in own], marker="o", label=subject)
        pane.set(title=TITLES[phase], xlabel="Tasks", xscale="log", ylim=(0, None))
        pane.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        pane.set_xticks([], minor=True)
        pane.grid(visible=True, alpha=0.3)
    panes[0].set_ylabel("a second")
    # Where the lines are lowest.
    panes[-1].legend(loc="upper left")
    figure.savefig(path, dpi=110)
