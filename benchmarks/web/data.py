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
HOSTS = 200
"""Each has a worker process."""
TRACEBACK = "Traceback (most recent call last):\n" + 10 * '  File "/srv/callboard/tasks_app/actors.py", line 7, in generate_random_number\n' + "ValueError\n"
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
            "hosts": HOSTS,
            "traceback": TRACEBACK,
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
SELECT min(id), 'bench', '["reviews:read", "workers:read"]', encode(sha256(%(token)s), 'hex'), now(), now() + interval '1 day' FROM users
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
# As many as there are Tasks. One in ten was retried or discarded, one in a hundred is of a rare actor, one in ten thousand has a rare error.
FAILURES = """
INSERT INTO message_failures (message_id, state, actor, queue, args, attempts, error, traceback, body, worker, created_at, enqueued_at)
SELECT gen_random_uuid(), CASE number %% 20 WHEN 7 THEN 'retried' WHEN 11 THEN 'discarded' ELSE 'failed' END,
    CASE WHEN number %% 100 = 0 THEN 'recompute_scores' ELSE 'generate_random_number' END, CASE WHEN number %% 100 = 0 THEN 'scores' ELSE 'numbers' END,
    json_build_object('args', json_build_array(number), 'kwargs', json_build_object()), 4,
    CASE WHEN number %% 10000 = 0 THEN 'ZeroDivisionError: division by zero' ELSE 'ValueError: Task ' || number || ' has password=hush and no range' END,
    %(traceback)s, convert_to('{"queue_name": "numbers", "actor_name": "generate_random_number", "args": [' || number || ']}', 'UTF8'),
    'host' || number %% %(hosts)s || ':7', at, at - interval '1 minute'
FROM (SELECT number, now() - make_interval(secs => %(tasks)s - number) AS at FROM generate_series(1, %(tasks)s) AS number) AS numbers ORDER BY number
"""
PROCESSES = """
INSERT INTO worker_processes (host, pid, command_pid, version, queues, threads, prefetch, started_at, heartbeat_at, state, wanted, processed, failed, retried,
    in_progress, cpu, memory, at_work)
SELECT 'host' || number, 7, 1, '2.2.1', '["chores", "numbers", "scores"]', 4, 1000, now() - interval '30 days', now() + interval '1 day', 'online', 'online',
    1000000 + number, number, number, 4, 97.5, 123456789,
    (SELECT json_agg(json_build_object('actor', 'generate_random_number', 'message_id', gen_random_uuid(), 'call', thread || ', tick_id=7',
        'since', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'))) FROM generate_series(1, 4) AS thread)
FROM generate_series(1, %(hosts)s) AS number ORDER BY number
"""
# What the monitor keeps of the past (workers/monitor/history.py), of six actors, in which all that can happen does.
WORK = """
INSERT INTO work_counts (at, queue, actor, outcome, bucket, messages, seconds)
SELECT at, 'numbers', 'actor_' || actor, outcome, bucket, 100 + bucket, 10.5
FROM (SELECT date_trunc('minute', now()) - make_interval(mins => number) AS at FROM generate_series(0, 119) AS number
    UNION SELECT date_trunc('hour', now()) - make_interval(mins => 15 * number) FROM generate_series(8, 100) AS number
    UNION SELECT date_trunc('hour', now()) - make_interval(hours => number) FROM generate_series(26, 191) AS number) AS slots,
    generate_series(1, 6) AS actor, unnest(ARRAY['processed', 'retried', 'failed']) AS outcome, generate_series(0, 15, 3) AS bucket
"""
QUEUES = """
INSERT INTO queue_states (queue, ready, delayed, dead, consumers, unacknowledged, oldest_at, seen_at)
SELECT queue, 100000, 10, 0, %(hosts)s, 1000, now() - interval '5 minutes', now() FROM unnest(ARRAY['chores', 'numbers', 'scores']) AS queue
"""
QUEUE_MINUTES = """
INSERT INTO queue_minutes (at, queue, ready)
SELECT at, queue, extract(epoch FROM at)::bigint / 60 %% 1000 + 1
FROM (SELECT date_trunc('minute', now()) - make_interval(mins => number) AS at FROM generate_series(0, 1499) AS number
    UNION SELECT date_trunc('hour', now()) - make_interval(hours => number) FROM generate_series(26, 191) AS number) AS slots,
    unnest(ARRAY['chores', 'numbers', 'scores']) AS queue
"""

PARTS: Sequence[Part] = [
    Part("accounts", [USERS, SESSIONS, TOKEN, AUDIT]),
    Part("Tasks", [TASKS, AMOUNTS]),
    Part("ticks and results", [TICKS, BUSY, RESULTS]),
    Part("failed messages", [FAILURES]),
    Part("workers", [PROCESSES, WORK, QUEUES, QUEUE_MINUTES]),
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
