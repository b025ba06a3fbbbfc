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

from project.providers import Provider
from project.settings import ROOT, Settings, SettingsError, load_settings

POSTGRES = {"POSTGRES_USER": "callboard", "POSTGRES_PASSWORD": "secret", "POSTGRES_DB": "board", "POSTGRES_HOST": "db:5432"}
RABBITMQ = {"RABBITMQ_USERNAME": "callboard", "RABBITMQ_PASSWORD": "secret", "RABBITMQ_VHOST": "board", "RABBITMQ_HOST": "rabbit:5672"}
GITLAB = {"GITLAB_URL": "https://gitlab.example.org/", "GITLAB_CLIENT_ID": "board", "GITLAB_CLIENT_SECRET": "gloas-hunter2"}
OIDC = {"OIDC_ISSUER": "https://login.example.org/realms/campus/", "OIDC_CLIENT_ID": "board", "OIDC_CLIENT_SECRET": "hunter2"}
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
        queue_type="classic",
        environment="development",
        port=8000,
        schedule_seconds=300,
        max_unfinished_ticks=3,
        results_retention_days=90,
        trusted_proxies=0,
        trusted_hosts=(),
        max_body_bytes=1024 * 1024,
        alert_webhook_url=None,
        session_idle_minutes=720,
        session_hours=168,
        remember_days=30,
        registration="open",
        second_factor="optional",
    )


def test_each_setting_is_taken_from_its_variable() -> None:
    settings = load_settings(
        {
            "SECRET_KEY": "s" * 32,
            "DATABASE_URL": "postgresql://callboard@db/board",
            "BROKER_URL": "amqps://rabbit/board",
            "RABBITMQ_QUEUE_TYPE": "quorum",
            "CALLBOARD_ENV": "production",
            "PORT": "80",
            "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": "60",
            "MAX_UNFINISHED_TICKS": "5",
            "RESULTS_RETENTION_DAYS": "30",
            "TRUSTED_PROXIES": "2",
            "TRUSTED_HOSTS": "callboard.example.org, Board.local,10.0.0.5,",
            "MAX_BODY_BYTES": "2000000",
            "ALERT_WEBHOOK_URL": "https://chat.example.org/hooks/abc",
            "RABBITMQ_MANAGEMENT_URL": "http://rabbit:15672/",
            "METRICS_TOKEN": "m" * 16,
            "SESSION_IDLE_MINUTES": "30",
            "SESSION_HOURS": "12",
            "REMEMBER_DAYS": "7",
            "REGISTRATION": "invite",
            "SECOND_FACTOR": "superusers",
        }
    )

    assert settings == Settings(
        secret_key="s" * 32,
        database_url="postgresql+psycopg2://callboard@db/board",
        broker_url="amqps://rabbit/board",
        queue_type="quorum",
        environment="production",
        port=80,
        schedule_seconds=60,
        max_unfinished_ticks=5,
        results_retention_days=30,
        trusted_proxies=2,
        trusted_hosts=("callboard.example.org", "Board.local", "10.0.0.5"),
        max_body_bytes=2_000_000,
        alert_webhook_url="https://chat.example.org/hooks/abc",
        management_url="http://rabbit:15672",
        metrics_token="m" * 16,
        session_idle_minutes=30,
        session_hours=12,
        remember_days=7,
        registration="invite",
        second_factor="superusers",
    )


def test_a_variable_that_is_set_to_nothing_counts_as_not_set() -> None:
    empty = dict.fromkeys(
        ("SECRET_KEY", "DATABASE_URL", "BROKER_URL", "CALLBOARD_ENV", "PORT", "MAX_UNFINISHED_TICKS", "ALERT_WEBHOOK_URL", *POSTGRES, *RABBITMQ), ""
    )

    settings = load_settings(empty)

    assert settings == load_settings({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("PORT", value) for value in ("http", "0", "65536", "-1", "80.0", " 80", "٣")),
        *(("GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE", value) for value in ("5m", "0", "-300", "604801", "1e3")),
        *(("MAX_UNFINISHED_TICKS", value) for value in ("many", "0", "1001")),
        *(("RESULTS_RETENTION_DAYS", value) for value in ("3M", "0", "-1", "36501", "0.5")),
        *(("TRUSTED_PROXIES", value) for value in ("yes", "-1", "11", "127.0.0.1")),
        *(("TRUSTED_HOSTS", value) for value in ("https://board.org", "board.org:8000", ".board.org", "board.org other.org", "a,-b", "*", "bücher.example")),
        *(("MAX_BODY_BYTES", value) for value in ("1M", "16383", "1073741825")),
        *(("SESSION_IDLE_MINUTES", value) for value in ("1h", "0", "-5")),
        *(("SESSION_HOURS", value) for value in ("1d", "0", "0.5")),
        *(("REMEMBER_DAYS", value) for value in ("ever", "0", "367")),
        *(("CALLBOARD_ENV", value) for value in ("prod", "Production", "testing")),
        *(("RABBITMQ_QUEUE_TYPE", value) for value in ("Quorum", "stream", "mirrored")),
        *(("REGISTRATION", value) for value in ("Open", "invited", "no")),
        *(("SECOND_FACTOR", value) for value in ("yes", "required", "Superusers")),
        *(("DATABASE_URL", value) for value in ("mysql://db/board", "postgresql", "postgresql+asyncpg://db/board", "sqlite://", "sqlite:///", "/callboard.db")),
        *(("DATABASE_URL", value) for value in ("postgresql://db:port/board", "postgresql://db:99999/board")),
        *(("BROKER_URL", value) for value in ("rabbit:5672", "http://rabbit:5672", "amqp://", "amqp:///board")),
        *(("ALERT_WEBHOOK_URL", value) for value in ("chat.example.org/hooks", "ftp://chat.example.org/", "https://", "https:///hooks")),
        *(("ALERT_WEBHOOK_URL", value) for value in ("https://chat:port/", "https://chat:99999/", "https://[::1/", "https://a b/", "https://.example.org/")),
        *(("RABBITMQ_MANAGEMENT_URL", value) for value in ("rabbit:15672", "http://", "http://rabbit:port", "http://rabbit/?x=1", "http://rab bit")),
        *(("METRICS_TOKEN", value) for value in ("too short", "with a blank in the middle", "é" * 20)),
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


@pytest.mark.parametrize(("missing", "parts"), [*((name, parts) for parts in (POSTGRES, RABBITMQ, GITLAB, OIDC) for name in parts)])
def test_parts_that_are_set_only_in_part_are_refused_and_what_is_missing_is_named(missing: str, parts: dict[str, str]) -> None:
    incomplete = {name: value for name, value in parts.items() if name != missing}

    with pytest.raises(SettingsError, match=f"^{missing}: not set"):
        load_settings(incomplete)


def test_parts_make_the_urls_of_database_and_broker() -> None:
    settings = load_settings({**POSTGRES, **RABBITMQ})

    assert settings.database_url == "postgresql+psycopg2://callboard:secret@db:5432/board"
    assert settings.broker_url == "amqp://callboard:secret@rabbit:5672/board"


def test_each_provider_is_made_of_its_parts() -> None:
    settings = load_settings({**GITLAB, **OIDC, "OIDC_NAME": "Campus"})

    assert settings.providers == (
        # GitLab's issuer has no slash at its end; another's is what it is.
        Provider(key="gitlab", name="GitLab", issuer="https://gitlab.example.org", client_id="board", client_secret="gloas-hunter2"),
        Provider(key="oidc", name="Campus", issuer="https://login.example.org/realms/campus/", client_id="board", client_secret="hunter2"),
    )


def test_a_provider_without_a_name_is_called_single_sign_on() -> None:
    (provider,) = load_settings(OIDC).providers

    assert provider.name == "single sign-on"


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:9000/realms/campus", "http://[::1]:80", "HTTPS://gitlab.example.org"])
def test_a_provider_on_this_machine_needs_no_https(url: str) -> None:
    (provider,) = load_settings({**OIDC, "OIDC_ISSUER": url}).providers

    assert provider.issuer == url


@pytest.mark.parametrize(("variable", "parts"), [("GITLAB_URL", GITLAB), ("OIDC_ISSUER", OIDC)])
@pytest.mark.parametrize(
    "value",
    [
        *(
            "gitlab.example.org",
            "http://gitlab.example.org",
            "http://localhost.example.org",
            "http://127.0.0.1@evil.example",
            "ftp://localhost",
            "https://",
            "https:///x",
        ),
        *("https://board:hunter2@gitlab.example.org", "https://gitlab.example.org?a=b", "https://gitlab.example.org#a", "https://gitlab.example.org:port"),
        *("https://[::1/", "https://a b/", "https://bücher.example", f"https://gitlab.example.org/{'a' * 255}"),
    ],
)
def test_an_issuer_that_can_not_be_trusted_is_refused_by_the_name_of_its_variable(variable: str, parts: dict[str, str], value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: ") as refusal:
        load_settings({**parts, variable: value})

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value"), [("OIDC_CLIENT_ID", "bo ard"), ("OIDC_CLIENT_SECRET", "hunter2 ü"), ("OIDC_NAME", "a" * 41), ("OIDC_NAME", "a\nb")]
)
def test_what_a_provider_knows_the_site_by_is_checked(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: ") as refusal:
        load_settings({**OIDC, variable: value})

    assert "hunter2" not in str(refusal.value)


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
        {
            "SECRET_KEY": "the-secret-key",
            **POSTGRES,
            **RABBITMQ,
            **GITLAB,
            **OIDC,
            "GITLAB_CLIENT_SECRET": "the-gitlab's",
            "OIDC_CLIENT_SECRET": "the-provider's",
            "POSTGRES_PASSWORD": "the-database's",
            "RABBITMQ_PASSWORD": "the-broker's",
            "ALERT_WEBHOOK_URL": "https://chat/the-token",
            "RABBITMQ_MANAGEMENT_URL": "https://monitor:the-monitor's@rabbit",
            "METRICS_TOKEN": "the-metrics-token",
        }
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
        ("RABBITMQ_MANAGEMENT_URL", "http://callboard:hunter2@rabbit:port"),
        ("RABBITMQ_MANAGEMENT_URL", "amqp://callboard:hunter2@rabbit"),
        ("METRICS_TOKEN", "hunter2"),
        ("ALERT_WEBHOOK_URL", "ftp://chat/hooks/hunter2"),
        ("ALERT_WEBHOOK_URL", "https://chat:port/hooks/hunter2"),
        ("ALERT_WEBHOOK_URL", "https://a b/hooks/hunter2"),
    ],
)
def test_the_refusal_of_a_url_shows_no_secret_in_it(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({variable: value})

    assert "hunter2" not in str(refusal.value)
