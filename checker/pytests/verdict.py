"""The verdict on a run of pytest: what it told must be complete, agree with itself and with how it ended."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checker.sandbox import Outcome


class Untrustworthy(Exception):  # noqa: N818 - it is a verdict, no error.
    """A run that can't be believed: why, in words for the student."""


@dataclass
class Verdict:
    """How the tests went."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """By test, what went wrong."""
    skipped: list[str] = field(default_factory=list)
    coverage: float | None = None

    @property
    def share(self) -> float:
        """Of the tests that ran, how many passed, 0 to 1."""
        ran = len(self.passed) + len(self.failed)
        return len(self.passed) / ran if ran else 0.0


@dataclass(frozen=True)
class Rules:
    """What the parent knows of the tests by itself."""

    expected: frozenset[str] = frozenset()
    """The tests that have to be accounted for."""
    cases: Mapping[str, int] = field(default_factory=dict)
    """How many cases each of them has at least, if more than one."""
    skipping: frozenset[str] = frozenset()
    """The files whose tests the course itself may skip."""
    students: frozenset[str] = frozenset()
    """The student's files."""

    def forbids_skipping(self, name: str, where: str | None) -> str | None:
        """Why a test, or a file of them, that was skipped by an exception raised in the file `where` counts as failed; None if it does not."""
        if where in self.students:
            return "the work skips its own test"
        return None if name.partition("::")[0] in self.skipping else "it was skipped, which the course's tests never do"


@dataclass
class Told:
    """What a run told of itself, message by message."""

    collected: list[str] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)
    started: str | None = None
    results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    uncollected: list[dict[str, Any]] = field(default_factory=list)
    tampered: list[str] = field(default_factory=list)
    finished: dict[str, Any] | None = None


def judge(outcome: Outcome, nonce: str, rules: Rules) -> Verdict:
    """The verdict on a run that ended so; Untrustworthy unless report, exit code and nonce agree and every expected test is accounted for."""
    told = read(outcome.report, nonce)
    if outcome.changed:
        whose = "is" if len(outcome.changed) == 1 else "are"
        raise Untrustworthy(f"The work changes how it is tested: it writes to {', '.join(file.name for file in outcome.changed)}, which {whose} the course's")
    if told.tampered:
        raise Untrustworthy(f"The work changes how it is tested: {'; '.join(told.tampered)}")
    if outcome.broken is not None:
        raise Untrustworthy(f"The tests were ended{during(told)}. {outcome.broken[0].upper()}{outcome.broken[1:]}")
    if told.finished is None:
        raise Untrustworthy(f"The tests did not finish: the program ended{during(told)} with exit code {outcome.exit_code}")
    code = told.finished["code"]
    if code != outcome.exit_code:
        raise Untrustworthy(f"The program ended with exit code {outcome.exit_code}, while the tests had ended with {code}")
    verdict = Verdict(coverage=told.finished["coverage"])
    for collection in told.uncollected:
        if collection["outcome"] == "failed":
            verdict.failed[collection["name"]] = collection["text"] or "it cannot be imported"
        elif (why := rules.forbids_skipping(collection["name"], collection["where"])) is not None:
            verdict.failed[collection["name"]] = why
    known = Counter(name.partition("[")[0] for name in (*told.collected, *told.deselected))
    missing = sorted(name for name in rules.expected if known[name] < rules.cases.get(name, 1) and not is_excused(name, told))
    if missing and not verdict.failed:
        raise Untrustworthy(f"Not all of the tests were run, without: {', '.join(missing)}")
    verdict.failed |= dict.fromkeys(missing, "it was not run, or not with all of its cases")
    for name in told.collected:
        settle(name, told.results.get(name, []), rules, verdict)
    if code != 0 and not verdict.failed:
        raise Untrustworthy(f"pytest ended with exit code {code}, which no test accounts for")
    if not verdict.passed and not verdict.failed:
        raise Untrustworthy("No test was run")
    return verdict


def read(report: bytes, nonce: str) -> Told:
    """Take a report apart; Untrustworthy if anybody else wrote into it."""
    told = Told()
    *lines, rest = report.split(b"\n")
    for line in lines:
        try:
            message = json.loads(line)
            if message.pop("nonce") != nonce:
                raise ValueError
            take(message, told)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Untrustworthy("Somebody else than the tests wrote into their report") from None
    if rest:
        raise Untrustworthy("The report of the tests breaks off")
    return told


def take(message: dict[str, Any], told: Told) -> None:
    """Note one message."""
    match message:
        case {"kind": "collected", "names": [*names]} if not told.collected:
            told.collected = names
        case {"kind": "deselected", "names": [*names]}:
            told.deselected += names
        case {"kind": "started", "name": str(name)} if name not in told.results:
            told.started = name
            told.results[name] = []
        case {"kind": "test", "name": str(name), "when": str(), "outcome": str(), "text": str(), "where": _} if name == told.started:
            told.results[name].append(message)
        case {"kind": "uncollected", "name": str(), "outcome": str(), "text": str(), "where": _}:
            told.uncollected.append(message)
        case {"kind": "tampered", "what": str(what)}:
            told.tampered.append(what)
        case {"kind": "finished", "code": int(), "coverage": _} if told.finished is None:
            told.finished = message
        case _:
            raise ValueError


def is_excused(name: str, told: Told) -> bool:
    """Whether the course itself skips the module of a test; or it was not imported, which is a failure already."""
    file = name.partition("::")[0]
    return any(collection["name"] in (file, name.rpartition("::")[0]) for collection in told.uncollected)


def settle(name: str, results: list[dict[str, Any]], rules: Rules, verdict: Verdict) -> None:
    """How one test went, by all that was told of it: it passed only if all its three phases did."""
    for result in results:
        if result["outcome"] == "failed":
            verdict.failed[name] = result["text"] or "it failed"
            return
        if result["outcome"] == "skipped" and (why := rules.forbids_skipping(name, result["where"])) is not None:
            verdict.failed[name] = why
            return
    phases = {result["when"]: result["outcome"] for result in results}
    if "skipped" in phases.values():
        verdict.skipped.append(name)
    elif phases == {"setup": "passed", "call": "passed", "teardown": "passed"}:
        verdict.passed.append(name)
    else:
        verdict.failed[name] = "it did not run to its end"


def during(told: Told) -> str:
    """Where a run was when it ended."""
    return f" during {told.started}" if told.started else " before the first test"
