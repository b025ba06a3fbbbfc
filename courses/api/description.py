"""What the API of courses is, in the words of OpenAPI 3.1."""

from typing import Any

from flask.typing import ResponseReturnValue

from courses.api import blueprint
from courses.callers import ACT, COURSE_TOKEN, SEE
from project.access import open_to_all
from project.api import SESSION

Schema = dict[str, Any]


def text(**more: Any) -> Schema:
    """A string."""
    return {"type": "string", **more}


def whole(**more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", **more}


def listed(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object; more keys are ignored."""
    return {"type": "object", "properties": required | (optional or {}), "required": list(required)}


FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
SCORES: Schema = {"type": "object", "additionalProperties": whole()}
WHOM = {"task": text(maxLength=255), "username": text(maxLength=255), "user_id": text(maxLength=255)}
REPORT = record(
    {"task": WHOM["task"]},
    {
        **WHOM,
        "score": text(description="Whole digits are points; with a decimal point, a share of the full score; absent, all of it."),
        "check_deadline": text(description="true (as without) or false."),
        "allow_reduction": text(description="true or false (as without)."),
        "submit_time": text(examples=["2026-02-01 23:59:59+0300"]),
        "commit": text(maxLength=64),
        "job": text(maxLength=128, description="The same job and commit again is the same submission."),
    },
)
REPORTED = record({name: text() for name in ("user_id", "username", "task", "commit_time", "submit_time", "message")} | {"score": whole()})
SCORE = record({"user_id": text(), "username": text(), "task": text(), "score": whole()})
DEADLINE = record(
    {"task_name": text(), "group": text(), "deadline": text(format="date-time"), "score": whole(), "is_bonus": FLAG, "is_large": FLAG},
)
ROW = record(
    {"username": text(), "scores": SCORES, "total_score": whole(), "percent": NUMBER, "large_count": whole(), "grade": whole(), "grade_is_override": FLAG},
    {name: text() for name in ("first_name", "last_name", "repo_url", "comment")},
)
GRADEBOOK = record({"tasks": listed(record({"name": text(), "score": whole(), "group": text()})), "students": listed(ROW), "max_score": whole()})
BATCH = record(
    {
        **{name: whole() for name in ("id", "total", "done", "failed")},
        "state": text(enum=["waiting", "working", "finished", "failed"]),
        "errors": listed(record({"line": whole(), "error": text()})),
    },
    {"url": text(), "reason": text()},
)
SUCCESS = record({"success": FLAG})
STUDENT = {"username": text(minLength=1)}
ERROR = record({"error": text(), "message": text()})
REFUSALS = {400: "What was sent can't be understood.", 403: "The key does not open this.", 404: "There is no such course, task or student."}
ARCHIVED = {409: "The course is archived."}
STATUS = {409: "The course has no config yet, is finished or archived."}


def operation(
    about: str,
    *keys: str,
    answers: dict[int, Any],
    body: dict[str, Schema] | None = None,
    query: tuple[Schema, ...] = (),
    refusals: dict[int, str] = REFUSALS,
    path: tuple[str, ...] = ("course",),
) -> Schema:
    """One request: what it is about, who may send it, and what comes back; a string is text, a schema JSON."""
    inside = [{"name": name, "in": "path", "required": True, "schema": text() if name == "course" else whole(minimum=1)} for name in path]
    found: Schema = {"summary": about, "parameters": [*inside, *query], "responses": {str(status): _answer(what) for status, what in answers.items()}}
    found["responses"] |= {str(status): _refusal(words) for status, words in refusals.items()}
    found["security"] = [{key: []} for key in keys]
    if body is not None:
        found["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind, schema in body.items()}}
    return found


def _answer(what: Any) -> Schema:
    kind, schema = ("text/plain", text()) if isinstance(what, str) else ("application/json", what)
    return {"description": what if isinstance(what, str) else "What is so now.", "content": {kind: {"schema": schema}}}


def _refusal(words: str) -> Schema:
    return {"description": words, "content": {"text/plain": {"schema": text()}, "application/json": {"schema": ERROR}}}


def _parameter(name: str, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": text(maxLength=255)}


FORM, JSON, YAML, CSV = "application/x-www-form-urlencoded", "application/json", "application/yaml", "text/csv"
TOKEN, PERSONAL, LOGGED_IN = "courseToken", "personalToken", "session"

PATHS: dict[str, Schema] = {
    "/api/healthcheck": {"get": operation("Whether the site answers", answers={200: "OK"}, refusals={}, path=())},
    "/api/{course}/ping": {"get": operation("Whether the token opens the course", TOKEN, answers={200: record({"course": text(), "ok": FLAG})})},
    "/api/{course}/report": {
        "post": operation(
            "Report a student's score for a task",
            TOKEN,
            body={FORM: REPORT, "multipart/form-data": REPORT},
            answers={200: REPORTED},
            refusals=REFUSALS | STATUS,
        )
    },
    "/api/{course}/score": {
        "get": operation(
            "What counts for a student and a task", TOKEN, query=tuple(_parameter(name) for name in WHOM), answers={200: SCORE}, refusals=REFUSALS | STATUS
        )
    },
    "/api/{course}/is_admin": {
        "get": operation(
            "Whether somebody is a teacher of the course",
            TOKEN,
            query=(_parameter("rms_username", required=True),),
            answers={200: record({"rms_username": text(), "is_admin": FLAG})},
        )
    },
    "/api/{course}/deadlines": {
        "get": operation("The enabled tasks and their ends", TOKEN, answers={200: record({"course": text(), "tasks": listed(DEADLINE)})})
    },
    "/api/{course}/update_config": {
        "post": operation("Load a .manytask.yml", TOKEN, body={YAML: text()}, answers={200: "Nothing: it is loaded."}, refusals=REFUSALS | STATUS)
    },
    "/api/{course}/database": {"get": operation("The gradebook", TOKEN, PERSONAL, LOGGED_IN, answers={200: GRADEBOOK})},
    "/api/{course}/database/update": {
        "post": operation(
            "Set scores of a student",
            TOKEN,
            PERSONAL,
            LOGGED_IN,
            body={JSON: record({"new_scores": {"type": "object", "additionalProperties": NUMBER}, "row_data": record(STUDENT)})},
            answers={200: record({"success": FLAG, "row_data": text()})},
            refusals=REFUSALS | ARCHIVED,
        )
    },
    "/api/{course}/comment/update": {
        "post": operation(
            "Note something about a student",
            PERSONAL,
            LOGGED_IN,
            body={JSON: record(STUDENT | {"comment": text()})},
            answers={200: SUCCESS},
            refusals=REFUSALS | ARCHIVED,
        )
    },
    "/api/{course}/grade/override": {
        "post": operation(
            "Let a grade stand",
            PERSONAL,
            LOGGED_IN,
            body={JSON: record(STUDENT | {"grade": whole(minimum=0)})},
            answers={200: SUCCESS},
            refusals=REFUSALS | ARCHIVED,
        )
    },
    "/api/{course}/grade/clear_override": {
        "post": operation(
            "Let the formulas decide again", PERSONAL, LOGGED_IN, body={JSON: record(STUDENT)}, answers={200: SUCCESS}, refusals=REFUSALS | ARCHIVED
        )
    },
    "/api/{course}/reports": {
        "post": operation(
            "Report many scores, which a worker takes in",
            TOKEN,
            body={JSON: listed(REPORT), CSV: text()},
            answers={202: BATCH},
            refusals=REFUSALS | STATUS | {503: "The queue can't be reached."},
        )
    },
    "/api/{course}/reports/{batch_id}": {
        "get": operation("How far a batch is, and what was refused", TOKEN, answers={200: BATCH}, path=("course", "batch_id"))
    },
}
DESCRIPTION: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Callboard: courses",
        "version": "1",
        "description": "What a Manytask server understands, and more. Errors are text; ask for JSON to get that.",
    },
    "paths": PATHS,
    "components": {
        "securitySchemes": {
            TOKEN: {"type": "http", "scheme": "bearer", "description": f"A {COURSE_TOKEN}; the field `token` of a form does as well."},
            PERSONAL: {"type": "http", "scheme": "bearer", "description": f"A user's own token, with the scope {SEE} or, to change something, {ACT}."},
            LOGGED_IN: {"type": "apiKey", "in": "cookie", "name": SESSION, "description": "A login; what changes something needs X-CSRFToken."},
        }
    },
}


@blueprint.get("/openapi.json")
@open_to_all
def openapi() -> ResponseReturnValue:
    """This description."""
    return DESCRIPTION
