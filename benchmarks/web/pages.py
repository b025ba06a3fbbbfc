"""The pages that are measured. A feature that comes later adds its own, and its rows to `data.PARTS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class, whatever its name

from benchmarks.web.data import API_TOKEN

KNOWN = """
SELECT min(tasks.id), (min(tasks.id) + max(tasks.id)) / 2, max(tasks.id),
    (SELECT username FROM users ORDER BY task_count DESC LIMIT 1), (SELECT username FROM users WHERE task_count BETWEEN 1 AND 20 ORDER BY id LIMIT 1),
    (SELECT id FROM users ORDER BY id OFFSET (SELECT count(*) / 2 FROM users) LIMIT 1), (SELECT max(id) / 2 FROM task_results),
    (SELECT min(tick_id) FROM task_results), (SELECT max(tick_id) FROM task_results), (SELECT max(id) / 2 FROM ticks), (SELECT max(id) / 2 FROM audit_events),
    (SELECT (now() - interval '3 days')::date), (SELECT max(id) / 2 FROM message_failures), (SELECT max(id) - 100 FROM worker_processes),
    (SELECT message_id FROM message_failures WHERE state = 'failed' ORDER BY id LIMIT 1)
FROM tasks
"""
NAMES = ("busy", "middle", "last", "prolific", "author", "user", "result", "old_tick", "new_tick", "tick", "event", "day", "failure", "process", "message")


@dataclass(frozen=True)
class Page:
    """A page, and what stock Flask-Admin has in its place."""

    name: str
    path: str
    """With the names of `NAMES` in braces."""
    stock: str | None = None
    """The path on the stock site; None where that has nothing like it."""
    headers: Mapping[str, str] | None = None
    """Sent with it; None for a session's cookie."""


BEARER = {"Authorization": f"Bearer {API_TOKEN}"}

PAGES: Sequence[Page] = [
    Page("front page", "/"),
    Page("Tasks", "/tasks/", "/task/"),
    Page("Tasks, from the middle on", "/tasks/?after={middle}:{middle}", "/task/?page=25000"),
    Page("Tasks by title", "/tasks/?sort=1", "/task/?sort=0"),
    Page("Tasks by title, Lottery and on", "/tasks/?sort=1&after=1:Lottery"),
    Page("Tasks by lower limit", "/tasks/?sort=2", "/task/?sort=1"),
    Page("Tasks by lower limit, downwards, from 500 on", "/tasks/?sort=2&desc=1&after=1:500"),
    Page("Tasks by upper limit", "/tasks/?sort=3", "/task/?sort=2"),
    Page("Tasks by author", "/tasks/?sort=4"),
    Page("Tasks by author, from the middle of one with many on", "/tasks/?sort=4&after={middle}:{prolific}"),
    Page("Tasks by time", "/tasks/?sort=5", "/task/?sort=3"),
    Page("Tasks, search, one in four has it", "/tasks/?search=dice", "/task/?search=dice"),
    Page("Tasks, search, some old ones have it", "/tasks/?search=zebra", "/task/?search=zebra"),
    Page("Tasks, search, two words", "/tasks/?search=dice+abc"),
    Page("Tasks, search, none has it", "/tasks/?search=nothinglikeit", "/task/?search=nothinglikeit"),
    Page("Tasks, search, an author's name", "/tasks/?search={author}"),
    Page("Tasks, search, a number", "/tasks/?search={middle}"),
    Page("Tasks, search, two letters", "/tasks/?search=qq"),
    Page("a Task", "/tasks/details/?id={last}", "/task/details/?id={last}"),
    Page("a Task with a hundred thousand results", "/tasks/details/?id={busy}"),
    Page("the same, what it asks for by itself", "/tasks/draws?id={busy}"),
    Page("a Task, to edit", "/tasks/edit/?id={middle}", "/task/edit/?id={middle}"),
    Page("results", "/results/", "/taskresult/"),
    Page("results, from the middle on", "/results/?before={result}", "/taskresult/?page=250000"),
    Page("results of a Task", "/results/?task={middle}"),
    Page("results of the Task with many", "/results/?task={busy}"),
    Page("results of the newest tick", "/results/?tick={new_tick}"),
    Page("results of an old tick", "/results/?tick={old_tick}"),
    Page("results of an old tick, from the middle on", "/results/?tick={old_tick}&before={middle}"),
    Page("results of an author with few Tasks", "/results/?author={author}"),
    Page("results of an author with many", "/results/?author={prolific}"),
    Page("results of both, an author with many and an old tick", "/results/?author={prolific}&tick={old_tick}"),
    Page("reviews", "/reviews/"),
    Page("reviews, a late page", "/reviews/?after=8-{user}"),
    Page("reviews, search, all have it", "/reviews/?search=author"),
    Page("reviews, search, one has it", "/reviews/?search={author}"),
    Page("reviews, search, none has it", "/reviews/?search=nothinglikeit"),
    Page("users", "/users/", "/user/"),
    Page("users, from the middle on", "/users/?after={user}:{user}", "/user/?page=2500"),
    Page("users by name", "/users/?sort=1", "/user/?sort=0"),
    Page("users by Tasks", "/users/?sort=5&desc=1"),
    Page("users by time", "/users/?sort=6"),
    Page("users, search, none has it", "/users/?search=nothinglikeit", "/user/?search=nothinglikeit"),
    Page("a user", "/users/details/?id={user}"),
    Page("my sessions, a thousand", "/accounts/sessions"),
    Page("audit", "/audit/", "/auditevent/"),
    Page("audit, from the middle on", "/audit/?before={event}", "/auditevent/?page=25000"),
    Page("audit, who", "/audit/?who={author}"),
    Page("audit, an action", "/audit/?action=tick"),
    Page("audit, an old day", "/audit/?until={day}"),
    Page("audit, nobody's action", "/audit/?who=nobody"),
    Page("workers", "/workers/"),
    Page("workers, a week", "/workers/?period=7d"),
    Page("workers, what it asks for by itself", "/workers/state"),
    Page("workers, its plots of a day by themselves", "/workers/plots?period=24h"),
    Page("processes, two hundred", "/workers/processes/"),
    Page("processes, the second page", "/workers/processes/?before={process}"),
    Page("a process", "/workers/processes/process?id={process}"),
    Page("queues", "/workers/queues/"),
    Page("actors", "/workers/actors/"),
    Page("failed messages, a million", "/workers/messages/"),
    Page("failed messages, from the middle on", "/workers/messages/?before={failure}"),
    Page("failed messages, the last page", "/workers/messages/?before=20"),
    Page("failed messages of an actor", "/workers/messages/?actor=generate_random_number"),
    Page("failed messages of a rare actor, from the middle on", "/workers/messages/?actor=recompute_scores&before={failure}"),
    Page("failed messages of a queue", "/workers/messages/?queue=scores"),
    Page("failed messages of a queue and an actor that is not there", "/workers/messages/?queue=numbers&actor=recompute_scores"),
    Page("failed messages, a text that most have", "/workers/messages/?text=no+range"),
    Page("failed messages, a text that few have", "/workers/messages/?text=division"),
    Page("failed messages, a text that none has", "/workers/messages/?text=nothinglikeit"),
    Page("failed messages, a message's id", "/workers/messages/?text={message}"),
    Page("failed messages, an old day", "/workers/messages/?until={day}"),
    Page("failed messages, an hour of an old day of an actor", "/workers/messages/?actor=recompute_scores&since={day}+00:00&until={day}+01:00"),
    Page("failed messages, a text and an old day", "/workers/messages/?text=nothinglikeit&until={day}"),
    Page("retried messages", "/workers/messages/?state=retried"),
    Page("a failed message", "/workers/messages/details?id={failure}"),
    Page("schedule, ten thousand ticks", "/workers/schedule/", "/tick/"),
    Page("schedule, from the middle on", "/workers/schedule/?before={tick}", "/tick/?page=250"),
    Page("API, workers", "/api/workers/?period=7d", headers=BEARER),
    Page("API, processes", "/api/workers/processes", headers=BEARER),
    Page("API, a process", "/api/workers/processes/{process}", headers=BEARER),
    Page("API, queues", "/api/workers/queues", headers=BEARER),
    Page("API, actors", "/api/workers/actors", headers=BEARER),
    Page("API, failed messages", "/api/workers/messages?before={failure}", headers=BEARER),
    Page("API, ticks", "/api/workers/schedules/ticks", headers=BEARER),
    Page("API, authors", "/reviews/api/authors", headers=BEARER),
    Page("API, authors, a late page", "/reviews/api/authors?after=8-{user}", headers=BEARER),
]

EXPORTS: Mapping[str, str] = {"Tasks": "/tasks/export/csv/", "authors": "/reviews/authors.csv", "audit": "/audit/events.csv"}
"""What is streamed whole."""


def known(cursor: Cursor) -> dict[str, str]:
    """What the paths have names for, as the rows are."""
    cursor.execute(KNOWN)
    (row,) = cursor.fetchall()
    return {name: str(value) for name, value in zip(NAMES, row, strict=True)}
