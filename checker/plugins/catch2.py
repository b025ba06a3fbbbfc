"""Catch2's report, which its program writes: the student's code runs in that program, so all of it is doubted."""

import math
import secrets
import xml.etree.ElementTree as ET  # nosec B405 - see parsed
from dataclasses import dataclass, field
from pathlib import Path

from checker.exceptions import PluginExecutionFailed
from checker.plugins.files import content, text

REPORT, CONSOLE = "report.xml", "report.txt"
SIZE = 8 * 1024 * 1024
SHOWN = 64 * 1024


@dataclass(frozen=True)
class Report:
    """How the test cases went, and the benchmarks' means in seconds."""

    passed: int
    failed: int
    benchmarks: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share of test cases that passed, 0 to 1."""
        return self.passed / total if (total := self.passed + self.failed) else 0.0


def new_seed() -> int:
    """A number that this run's report must have, so that none is prepared in advance."""
    return secrets.randbelow(2**32 - 1) + 1


def arguments(folder: Path, seed: int, own: list[str]) -> list[str]:
    """What makes Catch2, from version 3 on, write its reports into the folder; the course's own seed stays."""
    reporters = ["-r", f"xml::out={folder / REPORT}", "-r", f"console::out={folder / CONSOLE}::colour-mode=ansi"]
    return [*reporters, *([] if seeded(own) else ["--rng-seed", str(seed)]), *own]


def seeded(own: list[str]) -> bool:
    """Whether the course's arguments have a seed."""
    return any(argument.startswith("--rng-seed") for argument in own)


def console(folder: Path) -> str:
    """What a person reads of the tests; nothing if the program wrote none."""
    try:
        return text(folder / CONSOLE, SHOWN * 16)[:SHOWN]
    except PluginExecutionFailed:
        return ""


def read(folder: Path, seed: int | None) -> Report:
    """The report of a run with this seed; PluginExecutionFailed if it is none, is not whole or is another run's."""
    try:
        data = content(folder / REPORT, SIZE)
    except PluginExecutionFailed as error:
        raise PluginExecutionFailed(f"The program left no report of its tests, so it ended before they did, or is no Catch2 of version 3: {error}") from None
    try:
        root = parsed(data)
        if root.tag != "Catch2TestRun" or (seed is not None and root.get("rng-seed") != str(seed)):
            raise ValueError("it is not this run's")
        cases = root.find("OverallResultsCases")
        if cases is None:
            raise ValueError("it has no end")
        return Report(int(cases.get("successes", "")), int(cases.get("failures", "")), benchmarks(root))
    except (ET.ParseError, ValueError) as error:
        raise PluginExecutionFailed(f"The report of the tests is not whole: the program ended before they did ({error})") from None


def parsed(data: bytes) -> ET.Element:
    """The XML; without a DOCTYPE it has no entities to grow by."""
    if b"<!" in data.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise ValueError("it has a DOCTYPE")
    return ET.fromstring(data)  # nosec B314 - without a DOCTYPE


def benchmarks(root: ET.Element) -> dict[str, float]:
    """The mean of each benchmark, in seconds."""
    means: dict[str, float] = {}
    for result in root.iter("BenchmarkResults"):
        mean = result.find("mean")
        seconds = float(mean.get("value", "") if mean is not None else "") * 1e-9
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError("a benchmark took no time that there is")
        means[result.get("name", "")] = seconds
    return means
