"""The verdict on a run of pytest: whatever is missing, doubled or in contradiction is no pass."""

import json
from collections.abc import Mapping

import pytest

from checker.pytests.verdict import Rules, Untrustworthy, Verdict, judge
from checker.sandbox import Outcome

NONCE = "this-run"
ONE = "test_a.py::test_one"
NO_RULES = Rules()
Message = Mapping[str, object]
COLLECTED: Message = {"kind": "collected", "names": [ONE]}
STARTED: Message = {"kind": "started", "name": ONE}
FINISHED: Message = {"kind": "finished", "code": 0, "coverage": None}


def phase(when: str, outcome: str = "passed", where: str | None = None) -> Message:
    return {"kind": "test", "name": ONE, "when": when, "outcome": outcome, "text": "", "where": where}


PASSED = [phase("setup"), phase("call"), phase("teardown")]


def judged(*messages: Message, code: int | None = 0, rules: Rules = NO_RULES, nonce: str = NONCE, rest: str = "", broken: str | None = None) -> Verdict:
    report = "".join(json.dumps({"nonce": nonce, **message}) + "\n" for message in messages) + rest
    return judge(Outcome(code, "", 1.0, broken, report.encode()), NONCE, rules)


def test_a_complete_report_that_agrees_is_believed() -> None:
    verdict = judged(COLLECTED, STARTED, *PASSED, FINISHED, rules=Rules(expected=frozenset({ONE})))

    assert (verdict.passed, verdict.failed, verdict.share) == ([ONE], {}, 1.0)


@pytest.mark.parametrize(
    ("messages", "how", "why"),
    [
        ([], {}, "did not finish: the program ended before the first test with exit code 0"),
        ([COLLECTED, STARTED], {}, "ended during test_a.py::test_one"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"code": 1}, "exit code 1, while the tests had ended with 0"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"nonce": "another"}, "Somebody else"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"rest": "{"}, "breaks off"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"rest": "[1]\n"}, "Somebody else"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"rest": "[" * 100_000 + "\n"}, "Somebody else"),
        ([COLLECTED, COLLECTED, STARTED, *PASSED, FINISHED], {}, "Somebody else"),
        ([COLLECTED, STARTED, *PASSED, STARTED, FINISHED], {}, "Somebody else"),
        ([COLLECTED, *PASSED, FINISHED], {}, "Somebody else"),
        ([COLLECTED, STARTED, *PASSED, FINISHED, FINISHED], {}, "Somebody else"),
        ([{"kind": "tampered", "what": "pytest.raises was replaced"}], {}, "changes how it is tested: pytest.raises was replaced"),
        ([COLLECTED, STARTED, *PASSED, FINISHED], {"rules": Rules(expected=frozenset({ONE, "test_a.py::test_two"}))}, "without: test_a.py::test_two"),
        ([COLLECTED, STARTED], {"broken": "time: it ran for more than 3 s", "code": None}, "ended during test_a.py::test_one. Time: it ran"),
        ([{"kind": "collected", "names": []}, {**FINISHED, "code": 5}], {"code": 5}, "exit code 5"),
        ([{"kind": "collected", "names": []}, FINISHED], {}, "No test was run"),
        ([COLLECTED, STARTED, *PASSED, {**FINISHED, "code": 1}], {"code": 1}, "exit code 1, which no test accounts for"),
    ],
)
def test_a_report_that_is_not_complete_or_does_not_agree_is_not_believed(messages: list[Message], how: Message, why: str) -> None:
    with pytest.raises(Untrustworthy, match=why):
        judged(*messages, **how)  # type: ignore[arg-type] # A table of keywords.


@pytest.mark.parametrize(
    ("phases", "why"),
    [
        ([], "did not run to its end"),
        (PASSED[:2], "did not run to its end"),
        ([phase("setup", "failed")], "it failed"),
        ([*PASSED[:2], phase("teardown", "failed")], "it failed"),
        ([phase("call", "failed"), *PASSED], "it failed"),
        ([phase("setup"), phase("call", "skipped", "/solution.py"), phase("teardown")], "skips its own test"),
        ([phase("setup", "skipped"), phase("teardown")], "never do"),
    ],
)
def test_a_test_passes_only_if_all_its_phases_did(phases: list[Message], why: str) -> None:
    verdict = judged(COLLECTED, STARTED, *phases, FINISHED, rules=Rules(students=frozenset({"/solution.py"})))

    assert why in verdict.failed[ONE]
    assert verdict.share == 0.0


def test_a_skip_that_is_the_courses_own_is_no_failure() -> None:
    second = "test_a.py::test_two"
    other = {"kind": "started", "name": second}
    phases = [{**one, "name": second} for one in PASSED]
    collected = {"kind": "collected", "names": [ONE, second]}

    verdict = judged(collected, STARTED, phase("setup", "skipped"), phase("teardown"), other, *phases, FINISHED, rules=Rules(skipping=frozenset({"test_a.py"})))

    assert (verdict.passed, verdict.skipped, verdict.failed) == (["test_a.py::test_two"], [ONE], {})
