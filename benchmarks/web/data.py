"""The rows that the pages are measured with, each part in a few statements of SQL; a feature that comes later adds a part of its own."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class, whatever its name

from accounts.tokens.bearer import PREFIX
from tasks_app.schedule import NAME

USERS_A_THOUSAND_TASKS = 100
PROLIFIC = 5
"""One author has every so manieth Task, and all others have the rest."""
TICKS_WITH_RESULTS = 10
API_TOKEN = PREFIX + 43 * "b"
"""The superuser's."""


@dataclass(frozen=True)
class Amounts:
    """How many rows there are of what grows; the rest goes by it."""

    tasks: int = 1_000_000
    results: int = 10_000_000

    @property
    def values(self) -> dict[str, int | str]:
        """What the statements are given."""
        return {
            "tasks": self.tasks,
            "users": self.tasks * USERS_A_THOUSAND_TASKS // 1000,
            "results": self.results,
            "ticks": TICKS_WITH_RESULTS,
            "tasks_drawn": self.results // TICKS_WITH_RESULTS,
            "busy": self.results // 100,
            "prolific": PROLIFIC,
            "schedule": NAME,
            "token": API_TOKEN,
        }


@dataclass(frozen=True)
class Part:
    """The rows of a feature."""

    name: str
    statements: Sequence[str]


USERS = """
INSERT INTO users (username, password_hash, is_active, is_superuser, can_review_tasks, created_at)
SELECT 'author' || substr(md5(number::text), 1, 7) || number, '', true, false, number %% 100 = 0, now() - make_interval(mins => %(users)s - number)
FROM generate_series(1, %(users)s) AS number ORDER BY number
"""
SESSIONS = """
INSERT INTO login_sessions (user_id, token_hash, remember, created_at, last_seen_at, address, device, device_hash)
SELECT CASE WHEN number %% 100 = 0 THEN (SELECT min(id) FROM users) ELSE (SELECT max(id) FROM users) - number %% %(users)s END,
    md5(number::text) || md5('of' || number), true,
    now() - make_interval(mins => number %% 10000), now() - make_interval(mins => number %% 10000), '192.0.2.7', 'Mozilla/5.0', md5('device' || number)
FROM generate_series(1, %(users)s) AS number
"""
AUDIT = """
INSERT INTO audit_events (at, actor_id, action, object_type, object_id, details, address, request_id)
SELECT now() - make_interval(secs => %(tasks)s - number), (SELECT max(id) FROM users) - number %% %(users)s,
    (ARRAY['task.created', 'task.changed', 'task.deleted', 'run.sent', 'user.logged_in', 'tick.launched'])[1 + number %% 6],
    CASE WHEN number %% 6 = 4 THEN 'user' ELSE 'task' END, 1 + number %% %(users)s, '{"title": "Dice"}', '192.0.2.' || number %% 250, md5(number::text)
FROM generate_series(1, %(tasks)s) AS number ORDER BY number
"""
TOKEN = """
INSERT INTO api_tokens (user_id, name, scopes, token_hash, created_at, expires_at)
SELECT min(id), 'bench', '["reviews:read"]', encode(sha256(%(token)s), 'hex'), now(), now() + interval '1 day' FROM users
"""
# One title in four says Dice, one in ten is missing; Zebra is said in some of the oldest.
TASKS = """
INSERT INTO tasks (title, lower_limit, upper_limit, created_by, created_at, updated_at)
SELECT CASE WHEN number %% 10 = 0 THEN NULL WHEN number <= 200 THEN 'Zebra ' || number
        ELSE (ARRAY['Dice', 'Coins', 'Weather', 'Lottery'])[1 + number %% 4] || ' ' || substr(md5(number::text), 1, 10) END,
    number %% 1009, number %% 1009 + number %% 2003,
    (SELECT max(id) FROM users) - CASE WHEN number %% %(prolific)s = 0 THEN 0 ELSE number * 7919::bigint %% %(users)s END,
    now() - make_interval(secs => %(tasks)s - number), now()
FROM generate_series(1, %(tasks)s) AS number ORDER BY number
"""
AMOUNTS = """
UPDATE users SET task_count = amount FROM (SELECT created_by, count(*) AS amount FROM tasks GROUP BY created_by) AS counted WHERE users.id = created_by
"""
TICKS = """
INSERT INTO ticks (schedule, launches, slot, state, started_at, finished_at, lease_until, last_key,
    published_key, verified_key, published, verified, failed, progress_at, missing, silent_rounds)
SELECT %(schedule)s, %(schedule)s, slot, 'finished', slot, slot, slot, %(tasks)s, %(tasks)s, %(tasks)s, %(tasks)s, %(tasks)s, 0, slot, 0, 0
FROM (SELECT now() - make_interval(mins => 5 * number) AS slot FROM generate_series(%(ticks)s * 1000, 1, -1) AS number) AS slots ORDER BY slot
"""
RESULTS = """
INSERT INTO task_results (task_id, tick_id, message_id, task_params, result, created_at)
SELECT task, ticks.id, gen_random_uuid(), json_build_object('lower_limit', task %% 1009, 'upper_limit', task %% 1009 + task %% 2003, 'author_id', 1),
    task * random(), ticks.slot
FROM (SELECT id, slot FROM ticks ORDER BY id DESC LIMIT %(ticks)s) AS ticks, generate_series(1, %(tasks_drawn)s) AS task ORDER BY ticks.id, task
"""
# The first Task was run by itself so often that it has a hundredth as many numbers as there are others.
BUSY = """
INSERT INTO task_results (task_id, tick_id, message_id, task_params, result, created_at)
SELECT (SELECT min(id) FROM tasks), NULL, gen_random_uuid(), '{"lower_limit": 0, "upper_limit": 10, "author_id": 1}', 10 * random(), now()
FROM generate_series(1, %(busy)s)
"""
FAILURES = """
INSERT INTO message_failures (message_id, actor, queue, args, attempts, error, created_at)
SELECT gen_random_uuid(), 'generate_random_number', 'numbers', '{"args": [7], "kwargs": {}}', 3, 'ZeroDivisionError: division by zero', now()
FROM generate_series(1, %(users)s)
"""

PARTS: Sequence[Part] = [
    Part("accounts", [USERS, SESSIONS, TOKEN, AUDIT]),
    Part("Tasks", [TASKS, AMOUNTS]),
    Part("ticks and results", [TICKS, BUSY, RESULTS]),
    Part("failed messages", [FAILURES]),
]


def fill(cursor: Cursor, amounts: Amounts, parts: Sequence[Part] = PARTS) -> None:
    """Fill a migrated database, and leave it as a database is that has been there for a while: vacuumed, analysed, written to disk."""
    for part in parts:
        began = time.monotonic()
        for statement in part.statements:
            cursor.execute(statement, amounts.values)
        print(f"{time.strftime('%H:%M:%S')} {part.name}: filled in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("CHECKPOINT")
