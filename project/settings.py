"""What an operator may set, typed, from the environment and an optional `.env`."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from click import ClickException
from dotenv import dotenv_values
from pika import URLParameters
from requests import Request, RequestException

from project.providers import Provider, can_be_trusted

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"

FEATURES = ("workers", "accounts", "tasks_app", "reviews", "courses")
"""The packages `create_app` loads by name, in this order; each has a `register(app)`."""

SHORTEST_SECRET = 32
SHORTEST_TOKEN = 16
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE | re.ASCII)
POSTGRES_PARTS = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_HOST")
RABBITMQ_PARTS = ("RABBITMQ_USERNAME", "RABBITMQ_PASSWORD", "RABBITMQ_VHOST", "RABBITMQ_HOST")
GITLAB_PARTS = ("GITLAB_URL", "GITLAB_CLIENT_ID", "GITLAB_CLIENT_SECRET")
OIDC_PARTS = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
PRINTED = re.compile(r"[!-~]+")
LONGEST_ISSUER = 255
LONGEST_PROVIDER_NAME = 40


class SettingsError(ClickException):
    """A setting is wrong; the message names the variable and says what would be right, and `flask` commands print it alone."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One instance's settings. `repr` shows no secret."""

    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    broker_url: str | None = field(default=None, repr=False)
    """AMQP URL of RabbitMQ; None is the in-process broker with its own worker threads."""
    queue_type: str = "classic"
    """`classic`, or `quorum`: RabbitMQ's queues that are kept on several nodes of a cluster."""
    environment: str = "development"
    port: int = 8000
    schedule_seconds: int = 300
    """Seconds between two ticks of the numbers."""
    max_unfinished_ticks: int = 3
    """Scheduled ticks of one schedule that may be open at once; a slot beyond that is skipped."""
    results_retention_days: int = 90
    """How long results are kept, and what tells of them: failures of messages, and ticks."""
    trusted_proxies: int = 0
    """Proxies in front, each of which adds to X-Forwarded-For and its kin; what a request says in them is believed as far as these reach."""
    trusted_hosts: tuple[str, ...] = ()
    """Names that the site answers to; none is any."""
    max_body_bytes: int = 1024 * 1024
    """Bytes that a request's body may have."""
    alert_webhook_url: str | None = field(default=None, repr=False)
    """Where alarms are posted; None posts none."""

    management_url: str | None = field(default=None, repr=False)
    """RabbitMQ's management plugin, with a user's name and password in it; None asks nobody how many messages are unacknowledged."""
    metrics_token: str | None = field(default=None, repr=False)
    """What Prometheus has to send for /metrics; None has no /metrics."""

    session_idle_minutes: int = 720
    """How long a session may go unused."""
    session_hours: int = 168
    """How long a session lasts at most."""
    remember_days: int = 30
    """How long the session of whoever stays logged in lasts, used or not."""
    registration: str = "open"
    """`open` to everybody, `invite` for those with an invite, or `closed`."""
    second_factor: str = "optional"
    """`optional`, or `superusers`: required of those."""
    providers: tuple[Provider, ...] = ()
    """Where users may sign in besides here."""

    @property
    def production(self) -> bool:
        """Whether this instance serves real users."""
        return self.environment == "production"

    @property
    def in_process(self) -> bool:
        """Whether messages stay inside the serving process, for want of RabbitMQ."""
        return self.broker_url is None


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment; without `environ`, of this process's and `.env`.

    Raises SettingsError, which names the variable, for a value that can't be used.
    """
    if environ is None:
        in_file = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
        environ = {**in_file, **os.environ}
    environment = _choice(environ, "CALLBOARD_ENV", ("development", "production"))
    return Settings(
        secret_key=_secret_key(environ, environment),
        database_url=_database_url(environ),
        broker_url=_broker_url(environ),
        queue_type=_choice(environ, "RABBITMQ_QUEUE_TYPE", ("classic", "quorum")),
        environment=environment,
        port=_whole_number(environ, "PORT", 8000, "a port", 1, 65535),
        schedule_seconds=_whole_number(environ, "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE", 300, "a number of seconds", 1, 7 * 86400),
        max_unfinished_ticks=_whole_number(environ, "MAX_UNFINISHED_TICKS", 3, "a number of ticks", 1, 1000),
        results_retention_days=_whole_number(environ, "RESULTS_RETENTION_DAYS", 90, "a number of days", 1, 36500),
        trusted_proxies=_whole_number(environ, "TRUSTED_PROXIES", 0, "a number of proxies", 0, 10),
        trusted_hosts=_host_names(environ, "TRUSTED_HOSTS"),
        max_body_bytes=_whole_number(environ, "MAX_BODY_BYTES", 1024 * 1024, "a number of bytes", 16 * 1024, 1024**3),
        alert_webhook_url=_webhook_url(environ, "ALERT_WEBHOOK_URL"),
        management_url=_management_url(environ, "RABBITMQ_MANAGEMENT_URL"),
        metrics_token=_metrics_token(environ, "METRICS_TOKEN"),
        session_idle_minutes=_whole_number(environ, "SESSION_IDLE_MINUTES", 720, "a number of minutes", 1, 366 * 1440),
        session_hours=_whole_number(environ, "SESSION_HOURS", 168, "a number of hours", 1, 366 * 24),
        remember_days=_whole_number(environ, "REMEMBER_DAYS", 30, "a number of days", 1, 366),
        registration=_choice(environ, "REGISTRATION", ("open", "invite", "closed")),
        second_factor=_choice(environ, "SECOND_FACTOR", ("optional", "superusers")),
        providers=_providers(environ),
    )


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = environ.get(name) or choices[0]
    if value not in choices:
        raise SettingsError(f'{name}: "{value}" is none of {", ".join(choices)}')
    return value


def _whole_number(environ: Mapping[str, str], name: str, default: int, what: str, lowest: int, highest: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(f'{name}: "{text}" is not {what}, e.g. {default}')
    if not lowest <= int(text) <= highest:
        raise SettingsError(f"{name}: {text} is not between {lowest} and {highest}")
    return int(text)


def _host_names(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Names between commas; a port belongs to none of them."""
    names = tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())
    for each in names:
        if not HOST_NAME.fullmatch(each):
            raise SettingsError(f'{name}: "{each}" is not the name of a host, e.g. callboard.example.org')
    return names


def _secret_key(environ: Mapping[str, str], environment: str) -> str:
    key = environ.get("SECRET_KEY", "")
    if environment != "production":
        return key or _kept_secret(INSTANCE / "secret_key")
    if len(key) < SHORTEST_SECRET:
        state = "is missing" if not key else f"has {len(key)} characters"
        raise SettingsError(f"SECRET_KEY: {state}; in production it needs at least {SHORTEST_SECRET}, e.g. the output of `openssl rand -hex 32`")
    return key


def _kept_secret(path: Path) -> str:
    """A random key that outlives the process, so that a restart signs nobody out."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            # Two processes may start at once: linking lets the first win, and both read the same key.
            os.link(draft, path)
        except FileExistsError:
            return path.read_text()
        finally:
            draft.unlink()
    return path.read_text()


def _parts(environ: Mapping[str, str], names: tuple[str, ...]) -> list[str] | None:
    """The values of `names`; None when none of them is set, an error when only some are."""
    missing = [name for name in names if not environ.get(name)]
    if len(missing) == len(names):
        return None
    if missing:
        raise SettingsError(f"{', '.join(missing)}: not set, though {next(name for name in names if environ.get(name))} is")
    return [environ[name] for name in names]


def _host_port(name: str, value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
        raise SettingsError(f'{name}: "{value}" is not host:port')
    return value


def _readable(name: str, url: str) -> str:
    """The URL, whose host and port can be read. The error shows none of it, for it holds a password."""
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(f"{name}: its host or its port can't be read") from None
    return url


def _database_url(environ: Mapping[str, str]) -> str:
    url = environ.get("DATABASE_URL")
    if not url:
        parts = _parts(environ, POSTGRES_PARTS)
        if parts is None:
            INSTANCE.mkdir(exist_ok=True)
            return f"sqlite:///{INSTANCE / 'callboard.db'}"
        user, password, database, host = parts
        return f"postgresql+psycopg2://{quote(user, '')}:{quote(password, '')}@{_host_port('POSTGRES_HOST', host)}/{quote(database, '')}"
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql", "postgresql+psycopg2") and separator:
        return _readable("DATABASE_URL", f"postgresql+psycopg2://{rest}")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        folder = Path(rest[1:].partition("?")[0]).parent
        if not folder.is_dir():
            raise SettingsError(f"DATABASE_URL: there is no folder {folder}")
        return url
    raise SettingsError("DATABASE_URL: begins neither with postgresql:// nor with sqlite:/// and a file's path")


def _broker_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("BROKER_URL")
    if not url:
        parts = _parts(environ, RABBITMQ_PARTS)
        if parts is None:
            return None
        user, password, vhost, host = parts
        return f"amqp://{quote(user, '')}:{quote(password, '')}@{_host_port('RABBITMQ_HOST', host)}/{quote(vhost, '')}"
    address = urlsplit(_readable("BROKER_URL", url))
    if address.scheme not in ("amqp", "amqps") or not address.hostname:
        raise SettingsError("BROKER_URL: does not begin with amqp:// or amqps:// and a host, e.g. amqp://user:password@localhost:5672/")
    try:
        URLParameters(url)
    except (TypeError, ValueError) as fault:
        raise SettingsError(f"BROKER_URL: {fault}") from None
    return url


def _webhook_url(environ: Mapping[str, str], name: str) -> str | None:
    url = environ.get(name)
    if not url:
        return None
    address = urlsplit(_readable(name, url))
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SettingsError(f"{name}: does not begin with http:// or https:// and a host, e.g. https://chat.example.org/hooks/…")
    try:
        Request("POST", url).prepare()
    except (RequestException, ValueError):
        raise SettingsError(f"{name}: is no address that a request can be sent to") from None
    return url


def _management_url(environ: Mapping[str, str], name: str) -> str | None:
    """Without a slash at its end. The error shows none of it, for it holds a password."""
    url = environ.get(name, "").rstrip("/")
    if not url:
        return None
    address = urlsplit(_readable(name, url))
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment or not PRINTED.fullmatch(url):
        raise SettingsError(f"{name}: is not http:// or https:// and a host, e.g. http://user:password@localhost:15672")
    return url


def _metrics_token(environ: Mapping[str, str], name: str) -> str | None:
    """The error doesn't show it."""
    token = environ.get(name, "")
    if not token:
        return None
    if not PRINTED.fullmatch(token) or len(token) < SHORTEST_TOKEN:
        raise SettingsError(f"{name}: needs at least {SHORTEST_TOKEN} characters of visible ASCII, e.g. the output of `openssl rand -hex 32`")
    return token


def _providers(environ: Mapping[str, str]) -> tuple[Provider, ...]:
    name = environ.get("OIDC_NAME") or "single sign-on"
    if len(name) > LONGEST_PROVIDER_NAME or not name.isprintable():
        raise SettingsError(f"OIDC_NAME: has more than {LONGEST_PROVIDER_NAME} characters or some that can't be printed")
    found = (_provider(environ, GITLAB_PARTS, "gitlab", "GitLab"), _provider(environ, OIDC_PARTS, "oidc", name))
    return tuple(provider for provider in found if provider)


def _provider(environ: Mapping[str, str], names: tuple[str, ...], key: str, name: str) -> Provider | None:
    parts = _parts(environ, names)
    if parts is None:
        return None
    issuer, client_id, client_secret = parts
    return Provider(
        key=key,
        name=name,
        # GitLab's has no slash at its end, and people type one; another's may have.
        issuer=_issuer(names[0], issuer.rstrip("/") if key == "gitlab" else issuer),
        client_id=_printed(names[1], client_id),
        client_secret=_printed(names[2], client_secret),
    )


def _printed(name: str, value: str) -> str:
    """A client's id or secret (RFC 6749, appendix A: visible ASCII). The error doesn't show it."""
    if not PRINTED.fullmatch(value):
        raise SettingsError(f"{name}: has characters other than visible ASCII")
    return value


def _issuer(name: str, url: str) -> str:
    """The URL of an OpenID Connect issuer as it is, for it is compared to the character (OpenID Connect Core 1.0, section 2: no query, no fragment)."""
    if not (can_be_trusted(url) and PRINTED.fullmatch(url) and len(url) <= LONGEST_ISSUER) or any(mark in url for mark in "@?#"):
        raise SettingsError(f"{name}: is not https:// and a host and perhaps a path, e.g. https://gitlab.example.org; http:// is for this machine alone")
    return url
