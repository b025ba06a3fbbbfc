"""What was measured, as medians, ratios, JSON and a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

COMPARED_AT = 10_000
"""The number of Tasks at which Callboard is compared with the others."""
CALLBOARD, UNWATCHED, QUORUM = OURS = ("callboard", "callboard, unwatched", "callboard, quorum queues")
BATCHES, DRAMATIQ = "celery-batches", "dramatiq"
PHASES = ("enqueue", "drain", "both")


@dataclass(frozen=True)
class Phase:
    """How long something took, and the CPU seconds of each process meanwhile."""

    seconds: float
    cpu_seconds: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """One subject, once, with so many Tasks."""

    subject: str
    how: str
    tasks: int
    round: int
    phases: Mapping[str, Phase]
    peak_megabytes: Mapping[str, float]


@dataclass(frozen=True)
class Line:
    """The medians of a subject's rounds with so many Tasks."""

    subject: str
    how: str
    tasks: int
    rounds: int
    phases: Mapping[str, Phase]
    peak_megabytes: Mapping[str, float]

    def rate(self, phase: str) -> float:
        """Tasks a second in a phase."""
        return self.tasks / self.phases[phase].seconds


def lines(runs: Iterable[Run]) -> list[Line]:
    """A line for each number of Tasks and subject, in the order in which they were first seen."""
    together: dict[tuple[int, str], list[Run]] = {}
    for run in runs:
        together.setdefault((run.tasks, run.subject), []).append(run)
    return [_line(rounds) for _tasks, rounds in sorted(together.items(), key=lambda item: item[0][0])]


def _line(rounds: Sequence[Run]) -> Line:
    first = rounds[0]
    phases = {
        name: Phase(median(run.phases[name].seconds for run in rounds), _medians([run.phases[name].cpu_seconds for run in rounds])) for name in first.phases
    }
    return Line(first.subject, first.how, first.tasks, len(rounds), phases, _medians([run.peak_megabytes for run in rounds]))


def _medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in rounds) for name in rounds[0]}


def is_celery(subject: str) -> bool:
    """Whether a subject is Celery itself, of any pool, with results or without."""
    return subject.startswith("celery,")


def ratios(found: Iterable[Line], ours: str = CALLBOARD) -> dict[str, float | None]:
    """How many times as fast as the best of the others one of OURS is, with COMPARED_AT Tasks; None where somebody is missing."""
    compared = [line for line in found if line.tasks == COMPARED_AT]
    celery = [line for line in compared if is_celery(line.subject)]
    return {
        "enqueue_vs_celery": _ratio(compared, celery, "enqueue", ours),
        "drain_vs_celery": _ratio(compared, celery, "drain", ours),
        "drain_vs_dramatiq": _ratio(compared, [line for line in compared if line.subject == DRAMATIQ], "drain", ours),
    }


def beyond_batching(found: Iterable[Line]) -> float | None:
    """How many times as fast Callboard drains COMPARED_AT Tasks as celery-batches does, which batches too."""
    compared = [line for line in found if line.tasks == COMPARED_AT]
    return _ratio(compared, [line for line in compared if line.subject == BATCHES], "drain")


def _ratio(compared: Iterable[Line], others: Iterable[Line], phase: str, ours: str = CALLBOARD) -> float | None:
    our_rates = [line.rate(phase) for line in compared if line.subject == ours]
    their_rates = [line.rate(phase) for line in others]
    return round(our_rates[0] / max(their_rates), 2) if our_rates and their_rates else None


def monitor_cost(found: Iterable[Line]) -> dict[str, float] | None:
    """Which share the workers' monitor takes of the rates with COMPARED_AT Tasks, and adds to the workers' CPU seconds; None where either was not measured."""
    compared = {line.subject: line for line in found if line.tasks == COMPARED_AT}
    if not compared.keys() >= {CALLBOARD, UNWATCHED}:
        return None
    with_it, without = compared[CALLBOARD], compared[UNWATCHED]
    lost = {phase: 1 - with_it.rate(phase) / without.rate(phase) for phase in PHASES}
    cpu = with_it.phases["both"].cpu_seconds["worker"] / without.phases["both"].cpu_seconds["worker"] - 1
    return {name: round(share, 3) for name, share in (lost | {"worker_cpu": cpu}).items()}


def as_json(found: Sequence[Line], machine: Mapping[str, Any]) -> dict[str, Any]:
    """What is written to the file: the machine, the ratios, and all lines."""
    return {
        "machine": machine,
        "ratios": ratios(found),
        "ratios_on_quorum_queues": ratios(found, QUORUM),
        "drain_vs_celery_batches": beyond_batching(found),
        "monitor_cost": monitor_cost(found),
        "lines": [_line_as_json(line) for line in found],
    }


def _line_as_json(line: Line) -> dict[str, Any]:
    seconds = {name: round(phase.seconds, 3) for name, phase in line.phases.items()}
    return {
        "subject": line.subject,
        "how": line.how,
        "tasks": line.tasks,
        "rounds": line.rounds,
        "enqueue_seconds": seconds["enqueue"],
        "drain_seconds": seconds["drain"],
        "both_seconds": seconds["both"],
        "enqueued_per_second": round(line.rate("enqueue")),
        "results_per_second": round(line.rate("drain")),
        "both_per_second": round(line.rate("both")),
        "cpu_seconds": {name: {process: round(cpu, 2) for process, cpu in phase.cpu_seconds.items()} for name, phase in line.phases.items()},
        "peak_megabytes": {process: round(peak, 1) for process, peak in line.peak_megabytes.items()},
    }


HEADINGS = (
    "tasks",
    "subject",
    "rounds",
    "enqueue s",
    "a second",
    "drain s",
    "a second",
    "both s",
    "a second",
    "CPU s of web, worker, PostgreSQL, RabbitMQ",
    "MB web",
    "MB worker",
)
PROCESSES = ("web", "worker", "postgres", "rabbitmq")


def table(found: Sequence[Line]) -> str:
    """The lines as a table in Markdown that can be read as it is; the CPU seconds are those of both at once."""
    rows = [HEADINGS, *(_cells(line) for line in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    ruler = ["-" * width if place in (1, 9) else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    padded = [
        [cell.ljust(width) if place in (1, 9) else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))] for row in rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (padded[0], ruler, *padded[1:])) + "\n"


def _cells(line: Line) -> tuple[str, ...]:
    timing = [cell for name in PHASES for cell in (f"{line.phases[name].seconds:.2f}", f"{line.rate(name):,.0f}")]
    cpu = " + ".join(f"{line.phases['both'].cpu_seconds[process]:.1f}" for process in PROCESSES)
    memory = [f"{line.peak_megabytes[process]:.0f}" for process in ("web", "worker")]
    return (f"{line.tasks:,}", f"{line.subject} ({line.how})", str(line.rounds), *timing, cpu, *memory)


def summary(found: Sequence[Line]) -> str:
    """The ratios in words."""
    words = {
        "enqueue_vs_celery": "enqueue, of the best Celery's rate",
        "drain_vs_celery": "drain, of the best Celery's",
        "drain_vs_dramatiq": "drain, of plain Dramatiq's",
    }
    named = {words[name]: value for name, value in ratios(found).items()}
    named |= {f"{words[name]}, on quorum queues": value for name, value in ratios(found, QUORUM).items() if value is not None}
    named["drain, of celery-batches', which is the lead beyond batching"] = beyond_batching(found)
    told = [f"Callboard at {COMPARED_AT:,}: {value if value is not None else 'not measured'} × ({name})\n" for name, value in named.items()]
    if cost := monitor_cost(found):
        shares = ", ".join(f"{cost[phase]:.1%} of {name}" for phase, name in (("enqueue", "enqueue"), ("drain", "drain"), ("both", "both at once")))
        told.append(f"The workers' monitor at {COMPARED_AT:,} takes {shares}, and {cost['worker_cpu']:.1%} more of the workers' CPU; less than 0 is noise.\n")
    return "".join(told)
