"""Layers: features stand on workers, workers on the project, and nobody looks up."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.settings import FEATURES, ROOT

INFRASTRUCTURE = "workers"
FEATURE_PACKAGES = tuple(name for name in FEATURES if name != INFRASTRUCTURE)
OWN = ("project", *FEATURES)
CHECKER = "checker"
"""Runs in students' CI, where nothing of the site is."""
CHECKER_EXTRA = {"_pytest", "click", "coverage", "jinja2", "junitparser", "pluggy", "pydantic", "pytest", "requests", "rich", "urllib3", "yaml"}
"""What the extra `checker` of setup.cfg brings, as it is imported."""
COMPOSITION_ROOTS = {"project", "project.wsgi"}
FACES = {"views", "admin", "api", "cli"}
"""What a feature shows to the world, and no other feature touches."""
RULES = {
    *("accounts.rights", "checker.deadlines", "project.redirects", "tasks_app.histogram", "workers.slots", "workers.masking"),
    *("courses.deadlines", "courses.grades", "courses.scoring", "courses.statuses", "courses.totals"),
}
"""Pure functions: values in, values out."""


def name_of(file: Path) -> str:
    """The dotted name of a module's file."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_in(source: str) -> set[str]:
    """All that a module imports, wherever it stands; of `from a import b` both `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def modules() -> Iterator[tuple[str, set[str]]]:
    """Each module of the site and of the checker with its imports."""
    for package in (*OWN, CHECKER):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield name_of(file), imports_in(file.read_text())


MODULES = dict(modules())


def breaches(module: str, forbidden: set[str]) -> set[str]:
    """What the module imports out of the forbidden packages and modules."""
    return {name for name in MODULES[module] if any(name == other or name.startswith(f"{other}.") for other in forbidden)}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a.b", {"a.b"}),
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a import b, c", {"a", "a.b", "a.c"}),
        ("def f():\n    from a.b import c", {"a.b", "a.b.c"}),
        ("if TYPE_CHECKING:\n    import a", {"a"}),
        ("from . import b", {".", "..b"}),
    ],
)
def test_an_import_is_found_wherever_it_stands(source: str, found: set[str]) -> None:
    assert imports_in(source) == found


def test_every_package_is_looked_at() -> None:
    assert {name.partition(".")[0] for name in MODULES} == {*OWN, CHECKER}
    assert MODULES.keys() >= RULES | COMPOSITION_ROOTS


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_name_their_module_in_full(module: str) -> None:
    assert {name for name in MODULES[module] if name.startswith(".")} == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(CHECKER)))
def test_the_checker_stands_apart_and_needs_what_its_extra_names(module: str) -> None:
    allowed = {*sys.stdlib_module_names, CHECKER, *CHECKER_EXTRA}

    assert {name for name in MODULES[module] if name.partition(".")[0] not in allowed} == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(OWN)))
def test_the_site_does_not_import_the_checker(module: str) -> None:
    assert breaches(module, {CHECKER}) == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("project") and name not in COMPOSITION_ROOTS))
def test_the_project_knows_nobody_above_it(module: str) -> None:
    assert breaches(module, set(FEATURES)) == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(INFRASTRUCTURE)))
def test_workers_know_no_feature(module: str) -> None:
    assert breaches(module, set(FEATURE_PACKAGES)) == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(FEATURE_PACKAGES)))
def test_features_leave_each_others_pages_alone(module: str) -> None:
    own = module.partition(".")[0]
    faces = {f"{feature}.{face}" for feature in OWN if feature not in (own, "project") for face in FACES}

    assert breaches(module, faces) == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(FEATURES)))
def test_nobody_but_a_composition_root_imports_one(module: str) -> None:
    created = {name for name in MODULES[module] if name in ("project.create_app", "project.wsgi")}

    assert not created or module == "workers.main"


@pytest.mark.parametrize("module", sorted(RULES))
def test_rules_need_nothing_but_the_language(module: str) -> None:
    allowed = sys.stdlib_module_names | {name.partition(".")[0] for name in RULES & MODULES[module]}

    assert {name for name in MODULES[module] if name.partition(".")[0] not in allowed} == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.endswith(".models")))
def test_models_know_only_models(module: str) -> None:
    own_imports = {name for name in MODULES[module] if name.startswith(FEATURES)}

    assert {name for name in own_imports if name.split(".")[1:2] != ["models"]} == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.endswith(".queries")))
def test_queries_know_nothing_of_pages_and_messages(module: str) -> None:
    above = {f"{package}.{part}" for package in FEATURES for part in (*FACES, "forms", "actors")} | {"flask", "flask_login", "flask_wtf"}

    assert breaches(module, above) == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.rpartition(".")[2] in (*FACES, "forms", "actors")))
def test_sql_is_written_in_queries(module: str) -> None:
    assert breaches(module, {f"sqlalchemy.{statement}" for statement in ("select", "insert", "update", "delete", "text")}) == set()
