"""What was measured, as percentiles, JSON and a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.web.load import Answers

MOST_MILLISECONDS, MOST_KILOBYTES = 150.0, 150.0
"""What no page may take longer than, at the 95th percentile, and ship more than, compressed."""
MEGABYTE = 2**20


@dataclass(frozen=True)
class Line:
    """A page, and its stock counterpart if there is one."""

    page: str
    site: Answers
    stock: Answers | None = None


@dataclass(frozen=True)
class Crowd:
    """What many clients for a while did."""

    clients: int
    answers: Answers
    megabytes: Sequence[float]
    """The resident memory of the largest web process, second by second."""


@dataclass(frozen=True)
class Export:
    """A file that was streamed whole."""

    name: str
    seconds: float
    size: int
    grown_megabytes: float
    """By so much the memory of the process that streamed it was larger, at most, than before."""


def percentile(seconds: Sequence[float], share: float) -> float:
    """The least of the times that `share` of all are not longer than, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[max(0, -(-len(ordered) * round(100 * share) // 100) - 1)]


def as_json(lines: Sequence[Line], crowd: Crowd | None, exports: Sequence[Export], about: Mapping[str, Any]) -> dict[str, Any]:
    """All that was found."""
    return {
        **about,
        "pages": [
            {"page": line.page, **_figures(line.site), "kilobytes": round(line.site.largest / 1000, 1), "stock": line.stock and _figures(line.stock)}
            for line in lines
        ],
        "beyond": beyond(lines),
        "crowd": crowd
        and {
            "clients": crowd.clients,
            "seconds": round(crowd.answers.whole_seconds, 1),
            **_figures(crowd.answers),
            "answers_per_second": round(len(crowd.answers.seconds) / crowd.answers.whole_seconds, 1),
            "megabytes": [round(value, 1) for value in crowd.megabytes],
        },
        "exports": [
            {
                "name": each.name,
                "seconds": round(each.seconds, 1),
                "megabytes": round(each.size / MEGABYTE, 1),
                "grown_megabytes": round(each.grown_megabytes, 1),
            }
            for each in exports
        ],
    }


def _figures(answers: Answers) -> dict[str, Any]:
    shares = {name: round(percentile(answers.seconds, share), 1) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    return {**shares, "answers": len(answers.seconds), "statuses": {str(status): number for status, number in sorted(answers.statuses.items())}}


def beyond(lines: Sequence[Line]) -> list[str]:
    """The pages that are slower or larger than any may be, or were not answered well."""
    return [
        line.page
        for line in lines
        if percentile(line.site.seconds, 0.95) > MOST_MILLISECONDS or line.site.largest > 1000 * MOST_KILOBYTES or set(line.site.statuses) != {200}
    ]


def table(lines: Sequence[Line]) -> str:
    """A line a page, for Markdown; times in milliseconds."""
    heads = ("page", "p50", "p95", "p99", "KB", "stock p50", "p95", "p99")
    rows = [heads, *(_row(line) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    written = ["| " + " | ".join(_set(cell, width, left=not place) for place, (cell, width) in enumerate(zip(row, widths, strict=True))) + " |" for row in rows]
    ruler = "| " + " | ".join("-" * width if not place else "-" * (width - 1) + ":" for place, width in enumerate(widths)) + " |"
    return "\n".join([written[0], ruler, *written[1:]]) + "\n"


def _set(cell: str, width: int, *, left: bool) -> str:
    return cell.ljust(width) if left else cell.rjust(width)


def _row(line: Line) -> tuple[str, ...]:
    return (line.page, *_milliseconds(line.site), f"{line.site.largest / 1000:.1f}", *(_milliseconds(line.stock) if line.stock else ("", "", "")))


def _milliseconds(answers: Answers) -> tuple[str, ...]:
    return tuple(f"{percentile(answers.seconds, share):,.0f}" for share in (0.5, 0.95, 0.99))


def summary(found: Mapping[str, Any]) -> str:
    """The findings beside the table, in a few lines."""
    beyond_all = found["beyond"]
    lines = [f"Beyond {MOST_MILLISECONDS:g} ms at p95, {MOST_KILOBYTES:g} KB or an answer other than 200: {'; '.join(beyond_all) or 'no page'}."]
    if crowd := found["crowd"]:
        statuses = ", ".join(f"{number:,} × {status}" for status, number in crowd["statuses"].items())
        lines.append(
            f"{crowd['clients']} clients for {crowd['seconds']:.0f} s: {statuses}; {crowd['answers_per_second']:g} a second, p95 {crowd['p95']:,.0f} ms;"
            f" the largest web process had {crowd['megabytes'][0]:.0f} MB at first, {crowd['megabytes'][-1]:.0f} MB at the end."
        )
    for each in found["exports"]:
        lines.append(f"CSV of {each['name']}: {each['megabytes']:g} MB in {each['seconds']:g} s; memory grew by {each['grown_megabytes']:g} MB.")
    return "\n".join(lines) + "\n"
