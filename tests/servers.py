"""Private PostgreSQL and RabbitMQ servers: own folder, own ports, gone without a trace afterwards.

Tests and benchmarks start them; a server that the machine already runs is never touched.
"""

import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import pika
import psycopg2

from tests.place import Place, end_on_sigterm, end_process, free_port, pause_process
from tests.waiting import PATIENCE, wait_until

POSTGRES_PACKAGE = "postgresql"
RABBIT_PACKAGE = "rabbitmq-server"


def missing_programs() -> list[str]:
    """The Debian packages to install before these servers can start."""
    missing = []
    if not (_postgres_program("initdb") and _postgres_program("postgres")):
        missing.append(POSTGRES_PACKAGE)
    if not (_rabbit_program("rabbitmq-server") and _rabbit_program("rabbitmqctl") and _rabbit_program("epmd")):
        missing.append(RABBIT_PACKAGE)
    return missing


class PostgresServer:
    """A PostgreSQL of one's own, as a context manager.

    By default it may lose commits when the machine dies, which tests don't notice; `durable` makes it write like one in production.
    """

    def __init__(self, durable: bool = False) -> None:
        self.durable = durable
        self.port = free_port()
        self._names = (f"callboard_{number}" for number in count(1))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        end_on_sigterm()
        self._place = Place("postgres", user="postgres")
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        self._place.remove()

    def start(self) -> None:
        """Start it and wait until it takes connections; it recovers its data first if it was killed."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
            "max_connections": "200",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._process = self._place.start(_postgres_program("postgres"), "-D", self._data, *options)
        wait_until(self._is_ready)

    def stop(self) -> None:
        """Shut it down in order; open connections are closed."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, as a crash does: what was not committed is gone, the rest is recovered at the next start."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Shut it down and start it again, at the same address."""
        self.stop()
        self.start()

    def create_database(self, template: str = "template1") -> str:
        """The SQLAlchemy URL of a new database: empty, or a copy of the database `template`, which nobody may be connected to."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._address(name).replace("postgresql://", "postgresql+psycopg2://")

    def drop_database(self, url: str) -> None:
        """Remove a database that `create_database` made, whoever is connected to it; one takes 8 MB and 300 files."""
        self._execute(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def log(self) -> str:
        """What it wrote so far, for messages about what went wrong."""
        return self._place.log.read_text(errors="replace")

    @property
    def folder(self) -> Path:
        """Where all its files are."""
        return self._place.folder

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _initialise(self) -> None:
        password_file = self._place.write("password", "callboard")
        self._place.run(
            *(_postgres_program("initdb"), "-D", self._data, "--no-sync"),
            # Not scram: each connection would cost both sides milliseconds, and every test makes some.
            *("--username=callboard", f"--pwfile={password_file}", "--auth=md5", "--encoding=UTF8", "--locale=C"),
        )

    def _execute(self, statement: str) -> None:
        connection = psycopg2.connect(self._address("postgres"))
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def _address(self, database: str) -> str:
        return f"postgresql://callboard:callboard@127.0.0.1:{self.port}/{database}"

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PostgreSQL ended while starting:\n{self.log()}"
        try:
            psycopg2.connect(self._address("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            end_process(self._process, how)
            self._process = None


class RabbitServer:
    """A RabbitMQ node of one's own, as a context manager; without plugins, with its own epmd.

    Tests are kept apart by virtual hosts. Making one takes a second through its command line and next to nothing from a definitions file,
    so they are made ahead, a batch at a time.
    """

    BATCH = 20

    def __init__(self, *, management: bool = False) -> None:
        self.port = free_port()
        self.management_port = free_port() if management else None
        self._distribution_port = free_port()
        self._epmd_port = free_port()
        self._vhosts: Iterator[str] = iter(())
        self._batches = count(1)
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        end_on_sigterm()
        self._place = Place("rabbit", user="rabbitmq")
        try:
            self._configure()
            self._epmd = self._place.start(_rabbit_program("epmd"), "-port", str(self._epmd_port), "-address", "127.0.0.1")
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        if self._epmd is not None:
            end_process(self._epmd, signal.SIGKILL)
        self._place.remove()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        # A node that was killed a moment ago may still be registered, and its successor would refuse to take its name.
        wait_until(lambda: f"callboard-{self.port}" not in self._registered_nodes())
        # With NOTIFY_SOCKET the start script becomes the server instead of watching over it, so that signals reach it; and the server says when it is ready.
        ready_socket = self.folder / "ready"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(ready_socket))
            ready.setblocking(False)
            self._place.own(ready_socket)
            environment = {**self._environment, "NOTIFY_SOCKET": str(ready_socket)}
            self._process = self._place.start(_rabbit_program("rabbitmq-server"), environment=environment)
            wait_until(lambda: self._is_ready(ready))
        ready_socket.unlink()

    def stop(self) -> None:
        """Shut it down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash does: messages that it confirmed as persistent are back at the next start, if their queue is (see `sync`)."""
        self._end(signal.SIGKILL)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Killed, for as long as the block runs."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def sync(self) -> None:
        """Have what was declared so far outlive a kill.

        A queue's declaration is answered before it is on disk for certain: of a busy 3.10 killed half a second later, one in twenty came back without it.
        """
        self.control("eval", "mnesia:sync_log().")

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        pause_process(self._running)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._running.send_signal(signal.SIGCONT)

    def create_vhost(self) -> str:
        """The AMQP URL of an empty virtual host that nobody else has been given."""
        name = next(self._vhosts, None)
        if name is not None:
            return self._url(name)
        self.control("import_definitions", self._define_vhosts())
        url = self._url(next(self._vhosts))
        # After so much work a busy machine's RabbitMQ may answer nobody for longer than clients wait.
        pika.BlockingConnection(pika.URLParameters(f"{url}?stack_timeout={PATIENCE:g}")).close()
        return url

    def _url(self, vhost: str) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def control(self, *arguments: str) -> str:
        """What `rabbitmqctl` with these arguments prints; takes a second or two."""
        return self._place.run(_rabbit_program("rabbitmqctl"), "--quiet", *arguments, environment=self._environment)

    def log(self) -> str:
        """What it wrote so far, for messages about what went wrong."""
        return self._place.log.read_text(errors="replace")

    @property
    def folder(self) -> Path:
        """Where all its files are."""
        return self._place.folder

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "RabbitMQ is not running"
        return self._process

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_CRASH_DUMP": str(self.folder / "crash"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_NODENAME": f"callboard-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            # The machine's own files hold another server's settings.
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            **({"RABBITMQ_PLUGINS_DIR": str(self.folder / "plugins")} if (self.folder / "plugins").exists() else {}),
        }

    def _registered_nodes(self) -> str:
        command = [_rabbit_program("epmd"), "-port", str(self._epmd_port), "-names"]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout

    def _configure(self) -> None:
        self._place.write("environment", "")
        self._place.write("advanced.config", "[].\n")
        self._place.write("enabled_plugins", "[rabbitmq_management].\n" if self.management_port else "[].\n")
        settings = {"listeners.tcp.local": f"127.0.0.1:{self.port}", "load_definitions": self._define_vhosts()}
        if self.management_port:
            settings |= {"management.tcp.ip": "127.0.0.1", "management.tcp.port": str(self.management_port)}
        self._place.write("rabbitmq.conf", "".join(f"{name} = {value}\n" for name, value in settings.items()))
        if self.management_port:
            return
        # At each start it studies every plugin that it ships, for a quarter of the time; of them it needs but itself.
        for itself in Path(_rabbit_program("rabbitmq-server")).resolve().parents[1].glob("plugins/rabbit-*"):
            plugins = self.folder / "plugins"
            plugins.mkdir()
            (plugins / itself.name).symlink_to(itself)

    def _define_vhosts(self) -> str:
        """Make the next virtual hosts available; returns the file that defines them."""
        batch = next(self._batches)
        names = [f"test-{batch}-{number}" for number in range(1, self.BATCH + 1)]
        definitions = {
            "users": [{"name": "guest", "password": "guest", "tags": "administrator"}],
            "vhosts": [{"name": name} for name in names],
            "permissions": [{"user": "guest", "vhost": name, "configure": ".*", "write": ".*", "read": ".*"} for name in names],
        }
        self._vhosts = iter(names)
        return str(self._place.write(f"definitions-{batch}.json", json.dumps(definitions)))

    def _is_ready(self, ready: socket.socket) -> bool:
        assert self._running.poll() is None, f"RabbitMQ ended while starting:\n{self.log()}"
        try:
            return b"READY=1" in ready.recv(4096)
        except BlockingIOError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            end_process(self._process, how)
            self._process = None


def _postgres_program(name: str) -> str:
    """The path of a PostgreSQL program, of the newest version installed; empty when there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return str(versions[-1]) if versions else shutil.which(name) or ""


def _rabbit_program(name: str) -> str:
    """The path of a RabbitMQ program; empty when there is none.

    Debian's wrappers on PATH insist on a user `rabbitmq` and its home; the programs themselves don't.
    """
    program = Path("/usr/lib/rabbitmq/bin") / name
    return str(program) if program.exists() else shutil.which(name) or ""
