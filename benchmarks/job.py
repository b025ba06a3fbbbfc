"""The peers' job: for each Task, a number from its range as one row of task_results. None of them knows Callboard's code."""

import os
import threading
from collections.abc import Sequence
from random import random
from uuid import uuid4

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class, whatever its name

COLUMNS = "INSERT INTO task_results (task_id, tick_id, message_id, task_params, result, created_at)"
ROW = """id, $2, %s, json_build_object('lower_limit', lower_limit, 'upper_limit', upper_limit, 'author_id', created_by),
    lower_limit * (1 - %s) + upper_limit * %s, statement_timestamp()"""
PREPARATIONS = (
    f"PREPARE draw (bigint, bigint, uuid, float8) AS {COLUMNS} SELECT {ROW % ('$3', '$4', '$4')} FROM tasks WHERE id = $1 ON CONFLICT DO NOTHING",
    f"PREPARE draw_many (bigint[], bigint, uuid[], float8[]) AS {COLUMNS} SELECT {ROW % ('drawn.message', 'drawn.share', 'drawn.share')}"
    " FROM tasks JOIN unnest($1, $3, $4) AS drawn (task, message, share) ON id = drawn.task ORDER BY id ON CONFLICT DO NOTHING",
)
"""Prepared once a connection, which spares the server the planning of each statement."""

_of_thread = threading.local()


def connect() -> Connection:
    """A new connection to the database in PEER_DATABASE_URL. Each statement commits by itself: one round trip for both."""
    connection = psycopg2.connect(os.environ["PEER_DATABASE_URL"])
    connection.autocommit = True
    return connection


def draw(task_id: int, tick_id: int) -> None:
    """Draw a Task's number and commit it."""
    with _connection().cursor() as cursor:
        cursor.execute("EXECUTE draw (%s, %s, %s, %s)", (task_id, tick_id, str(uuid4()), random()))


def draw_many(task_ids: Sequence[int], tick_id: int) -> None:
    """Draw the numbers of many Tasks, and commit them together."""
    messages = [str(uuid4()) for _ in task_ids]
    with _connection().cursor() as cursor:
        cursor.execute("EXECUTE draw_many (%s, %s, %s::uuid[], %s)", (list(task_ids), tick_id, messages, [random() for _ in task_ids]))


def _connection() -> Connection:
    """This thread's connection, which lasts as long as the thread."""
    if not hasattr(_of_thread, "connection"):
        _of_thread.connection = connect()
        with _of_thread.connection.cursor() as cursor:
            for preparation in PREPARATIONS:
                cursor.execute(preparation)
    connection: Connection = _of_thread.connection
    return connection
