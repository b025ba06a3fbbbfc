"""`${{ … }}`: native types, Jinja2's sandbox, and errors that name what is wrong."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.exceptions import BadConfig
from checker.expressions import Environment, MissingVariable, condition, resolve
from checker.pipeline import StageResult

CONTEXT: dict[str, Any] = {
    "global": {"ref_dir": "/course"},
    "task": {"task_name": "1_2", "task_score_percent": 0.5},
    "parameters": {"timeout": 10, "flags": ["-a", "-b"], "off": False, "nothing": None},
    "env": Environment(TOKEN="x{{ y }}", NUMBER="12"),
    "outputs": {"tests": StageResult("Tests", percentage=0.25)},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("10", "10"),
        (" kept as it is\n", " kept as it is\n"),
        ("{{ not ours }} ${#array[@]} ${HOME}", "{{ not ours }} ${#array[@]} ${HOME}"),
        ("${{ parameters.timeout }}", 10),
        ("${{ parameters.flags }}", ["-a", "-b"]),
        ("${{ parameters.nothing }}", None),
        ("${{ parameters.timeout * 2 + 1 }}", 21),
        ("${{ parameters.flags + ['-c'] }}", ["-a", "-b", "-c"]),
        ("${{ outputs.tests.percentage * task.task_score_percent }}", 0.125),
        ("${{ outputs.tests.failed }}", False),
        ("${{ task.task_name }}", "1_2"),
        ("${{ env.NUMBER }}", "12"),
        ("${{ env.TOKEN }}", "x{{ y }}"),
        ("${{ env.ABSENT or 'else' }}", "else"),
        ("${{ env.ABSENT | default('else') }}", "else"),
        ("${{ parameters.timeout if parameters.off else 3 }}", 3),
        ("  ${{ parameters.timeout }}  ", 10),
        ("${{ parameters.timeout }}s", "10s"),
        ("${{ task.task_name }}${{ env.NUMBER }}", "1_212"),
        ("[${{ parameters.timeout }}, 'a']", [10, "a"]),
        ("[ -f x ] && echo ${{ parameters.timeout }}", "[ -f x ] && echo 10"),
        ("{% if parameters.off %}a{% else %}b{% endif %}", "b"),
        (["${{ parameters.timeout }}", {"a": "${{ env.NUMBER }}"}, 3], [10, {"a": "12"}, 3]),
    ],
)
def test_an_expression_keeps_its_type_and_text_around_one_is_text(text: object, value: object) -> None:
    assert resolve(text, CONTEXT) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${{ parameters.timeot }}", 'there is no "timeot" here'),
        ("a ${{ parameters.timeot }} b", 'there is no "timeot" here'),
        ("${{ nobody.x }}", "'nobody' is undefined"),
        ("${{ global.username }}", "checker grade --username U says who the student is"),
        ("${{ outputs.lint.percentage }}", 'there is no "lint" here'),
        ("${{ 1 + }}", "unexpected"),
        ("${{ 1 / 0 }}", "division by zero"),
        ("${{ parameters.timeout + 'a' }}", "unsupported operand"),
        ("${{ parameters.timeout", "unexpected end of template"),
        ("${{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_what_is_wrong_is_told_with_the_expression(text: str, said: str) -> None:
    with pytest.raises(BadConfig) as error:
        resolve(text, CONTEXT)

    assert said in str(error.value)
    assert text in str(error.value)


@pytest.mark.parametrize("text", ["${{ env.ABSENT }}", "Bearer ${{ env.ABSENT }}"])
def test_a_variable_that_is_not_set_is_named(text: str) -> None:
    with pytest.raises(MissingVariable, match="the environment has no variable ABSENT"):
        resolve(text, CONTEXT)


@pytest.mark.parametrize(
    ("run_if", "runs"),
    [
        (None, True),
        (True, True),
        (False, False),
        ("${{ parameters.off }}", False),
        ("${{ not parameters.off }}", True),
        ("${{ outputs.tests.percentage > 0.2 }}", True),
        ("${{ parameters.nothing }}", False),
        ("true", True),
        ("False", False),
        ("{% if parameters.off %}true{% else %}false{% endif %}", False),
    ],
)
def test_a_condition_comes_to_true_or_false(run_if: bool | str | None, runs: bool) -> None:
    assert condition(run_if, CONTEXT) is runs


@pytest.mark.parametrize("run_if", ["${{ parameters.timeout }}", "maybe", "${{ parameters.flags }}"])
def test_a_condition_that_comes_to_something_else_is_wrong(run_if: str) -> None:
    with pytest.raises(BadConfig, match="must come to true or false"):
        condition(run_if, CONTEXT)


@given(st.text(max_size=50))
@settings(max_examples=100)
def test_whatever_students_text_is_in_a_variable_it_is_only_text(text: str) -> None:
    assert resolve("${{ env.MESSAGE }}", {"env": Environment(MESSAGE=text)}) == text
