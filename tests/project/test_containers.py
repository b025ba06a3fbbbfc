"""What the containers' files name is what the project has; that they work is for `make test-compose`."""

from pathlib import Path

import pytest

from project.settings import FEATURES, ROOT, load_settings

PACKAGES = ("dockr", "migrations", "project", *FEATURES)


def pins(lock: Path) -> dict[str, str]:
    """The version of each package in a lock file."""
    return dict(line.split(" ")[0].split("==") for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize(
    ("file", "line"),
    [(".dockerignore", "!{}\n"), ("Dockerfile", "COPY {0}/ {0}/\n"), ("docker-compose.override.yml", "- ./{0}:/app/{0}\n"), ("dockr/reload.py", '"{}"')],
)
def test_each_package_gets_into_the_image_and_is_mounted_and_watched_in_development(file: str, line: str, package: str) -> None:
    assert line.format(package) in (ROOT / file).read_text()


def test_the_image_has_the_versions_that_the_tests_ran_with() -> None:
    tested = pins(ROOT / "requirements.lock")
    shipped = pins(ROOT / "dockr/requirements.lock")

    assert {name: version for name, version in shipped.items() if name in tested} == {name: tested[name] for name in shipped if name in tested}
    assert "flask" in shipped


def test_the_example_s_settings_are_enough_in_production_too() -> None:
    lines = (ROOT / "dockr/.env.example").read_text().splitlines()

    settings = load_settings({"CALLBOARD_ENV": "production", **dict(line.split("=", 1) for line in lines)})

    assert settings.database_url == "postgresql+psycopg2://postgres:postgres@db:5432/flask_test"
    assert settings.broker_url == "amqp://rabbitmq:rabbitmq@mq:5672/rabbitmq"
