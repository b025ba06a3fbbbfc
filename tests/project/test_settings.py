"""Settings: what may be set, what is assumed when nothing is, and that a wrong value is named and never shown a secret of."""

import stat
import subprocess
import sys
from pathlib import Path

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from project.settings import ROOT, Settings, SettingsError, load_settings

POSTGRES = {"POSTGRES_USER": "callboard", "POSTGRES_PASSWORD": "secret", "POSTGRES_DB": "board", "POSTGRES_HOST": "db:5432"}
RABBITMQ = {"RABBITMQ_USERNAME": "callboard", "RABBITMQ_PASSWORD": "secret", "RABBITMQ_VHOST": "board", "RABBITMQ_HOST": "rabbit:5672"}
# What a shell can put into a variable; and what means something in a URL.
TYPED = st.text("@:/?#[]%2f+& ", min_size=1) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder that is not there yet."""
    folder = tmp_path / "instance"
    monkeypatch.setattr("project.settings.INSTANCE", folder)
    return folder


def test_without_any_setting_the_site_runs_on_embedded_defaults(instance: Path) -> None:
    settings = load_settings({})

    assert settings == Settings(
        secret_key=settings.secret_key,
        database_url=f"sqlite:///{instance}/callboard.db",
        broker_url=None,
        environment="development",
        port=8000,
        schedule_seconds=300,
        max_unfinished_ticks=3,
    )


def test_each_setting_is_taken_from_its_variable() -> None:
    settings = load_settings(
        {
            "SECRET_KEY": "s" * 32,
            "DATABASE_URL": "postgresql://callboard@db/board",
            "BROKER_URL": "amqps://rabbit/board",
            "CALLBOARD_ENV": "production",
            "PORT": "80",
            "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": "60",
            "MAX_UNFINISHED_TICKS": "5",
        }
    )

    assert settings == Settings(
        secret_key="s" * 32,
        database_url="postgresql+psycopg2://callboard@db/board",
        broker_url="amqps://rabbit/board",
        environment="production",
        port=80,
        schedule_seconds=60,
        max_unfinished_ticks=5,
    )


def test_a_variable_that_is_set_to_nothing_counts_as_not_set() -> None:
    empty = dict.fromkeys(("SECRET_KEY", "DATABASE_URL", "BROKER_URL", "CALLBOARD_ENV", "PORT", "MAX_UNFINISHED_TICKS", *POSTGRES, *RABBITMQ), "")

    settings = load_settings(empty)

    assert settings == load_settings({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("PORT", value) for value in ("http", "0", "65536", "-1", "80.0", " 80", "٣")),
        *(("GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE", value) for value in ("5m", "0", "-300", "604801", "1e3")),
        *(("MAX_UNFINISHED_TICKS", value) for value in ("many", "0", "1001")),
        *(("CALLBOARD_ENV", value) for value in ("prod", "Production", "testing")),
        *(("DATABASE_URL", value) for value in ("mysql://db/board", "postgresql", "postgresql+asyncpg://db/board", "sqlite://", "sqlite:///", "/callboard.db")),
        *(("DATABASE_URL", value) for value in ("postgresql://db:port/board", "postgresql://db:99999/board")),
        *(("BROKER_URL", value) for value in ("rabbit:5672", "http://rabbit:5672", "amqp://", "amqp:///board")),
        *(("BROKER_URL", value) for value in ("amqp://rabbit:port/board", "amqp://rabbit:99999/board", "amqp://[::1/board")),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings({variable: value})


@pytest.mark.parametrize(("variable", "parts"), [("POSTGRES_HOST", POSTGRES), ("RABBITMQ_HOST", RABBITMQ)])
@pytest.mark.parametrize("value", ["db", "db:", ":5432", "db:port", "db:99999"])
def test_a_host_without_a_port_is_refused_by_the_name_of_its_variable(variable: str, parts: dict[str, str], value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings({**parts, variable: value})


@pytest.mark.parametrize(("missing", "parts"), [*((name, POSTGRES) for name in POSTGRES), *((name, RABBITMQ) for name in RABBITMQ)])
def test_parts_that_are_set_only_in_part_are_refused_and_what_is_missing_is_named(missing: str, parts: dict[str, str]) -> None:
    incomplete = {name: value for name, value in parts.items() if name != missing}

    with pytest.raises(SettingsError, match=f"^{missing}: not set"):
        load_settings(incomplete)


def test_parts_make_the_urls_of_database_and_broker() -> None:
    settings = load_settings({**POSTGRES, **RABBITMQ})

    assert settings.database_url == "postgresql+psycopg2://callboard:secret@db:5432/board"
    assert settings.broker_url == "amqp://callboard:secret@rabbit:5672/board"


def test_a_url_wins_over_the_parts() -> None:
    settings = load_settings({**POSTGRES, **RABBITMQ, "DATABASE_URL": "postgresql://elsewhere/x", "BROKER_URL": "amqp://elsewhere/x"})

    assert settings.database_url == "postgresql+psycopg2://elsewhere/x"
    assert settings.broker_url == "amqp://elsewhere/x"


@given(user=TYPED, password=TYPED, database=TYPED)
def test_any_character_may_stand_in_the_parts_of_the_database(user: str, password: str, database: str) -> None:
    settings = load_settings({"SECRET_KEY": "s", **POSTGRES, "POSTGRES_USER": user, "POSTGRES_PASSWORD": password, "POSTGRES_DB": database})

    url = make_url(settings.database_url)
    assert (url.username, url.password, url.host, url.port, url.database) == (user, password, "db", 5432, database)


@given(user=TYPED, password=TYPED, vhost=TYPED)
def test_any_character_may_stand_in_the_parts_of_the_broker(user: str, password: str, vhost: str) -> None:
    settings = load_settings({"SECRET_KEY": "s", **RABBITMQ, "RABBITMQ_USERNAME": user, "RABBITMQ_PASSWORD": password, "RABBITMQ_VHOST": vhost})

    parameters = pika.URLParameters(str(settings.broker_url))
    assert isinstance(parameters.credentials, pika.PlainCredentials)
    assert (parameters.credentials.username, parameters.credentials.password, parameters.virtual_host) == (user, password, vhost)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_spelling_of_a_postgresql_url_names_the_driver_in_use(scheme: str) -> None:
    settings = load_settings({"DATABASE_URL": f"{scheme}://callboard@db:5432/board?sslmode=require"})

    assert settings.database_url == "postgresql+psycopg2://callboard@db:5432/board?sslmode=require"


@pytest.mark.parametrize("key", ["", "s" * 31])
def test_production_refuses_a_missing_or_short_secret_key(key: str) -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY: ") as refusal:
        load_settings({"CALLBOARD_ENV": "production", "SECRET_KEY": key})

    assert "sss" not in str(refusal.value)


def test_a_development_secret_key_outlives_the_process() -> None:
    first = load_settings({})

    again = load_settings({})

    assert len(first.secret_key) >= 32
    assert again.secret_key == first.secret_key


def test_a_development_secret_key_is_readable_for_nobody_else(instance: Path) -> None:
    load_settings({})

    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one_secret_key(instance: Path) -> None:
    script = "import sys, pathlib, project.settings as s; s.INSTANCE = pathlib.Path(sys.argv[1]); print(s.load_settings({}).secret_key)"
    command = [sys.executable, "-c", script, str(instance)]

    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = {process.communicate(timeout=60)[0] for process in started}

    assert len(keys) == 1
    assert keys != {""}


def test_settings_may_stand_in_a_file_and_the_environment_wins_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=8100\nMAX_UNFINISHED_TICKS=7\n")
    monkeypatch.setattr("project.settings.ROOT", tmp_path)
    monkeypatch.setenv("PORT", "8200")
    monkeypatch.delenv("MAX_UNFINISHED_TICKS", raising=False)

    settings = load_settings()

    assert (settings.port, settings.max_unfinished_ticks) == (8200, 7)


def test_printed_settings_show_no_secret() -> None:
    settings = load_settings(
        {"SECRET_KEY": "the-secret-key", **POSTGRES, **RABBITMQ, "POSTGRES_PASSWORD": "the-database's", "RABBITMQ_PASSWORD": "the-broker's"}
    )

    assert "8000" in repr(settings)
    assert "the-" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://callboard:hunter2@db/board"),
        ("DATABASE_URL", "postgresql://callboard:hunter2@db:port/board"),
        ("BROKER_URL", "http://callboard:hunter2@rabbit/"),
        ("BROKER_URL", "amqp://callboard:hunter2@rabbit:port/"),
    ],
)
def test_the_refusal_of_a_url_shows_no_password(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({variable: value})

    assert "hunter2" not in str(refusal.value)
