"""report_score_manytask: a task's score to the site."""

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

import requests
import urllib3
from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.files import found

log = logging.getLogger(__name__)
# It tells of each retry in its own words.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

TIMEOUT = (10, 60)
"""Seconds to connect, and between two bytes of the answer."""
MORE_TRIES = 3
BACKOFF = 1.0
"""Seconds; tries are 0, 2 and 4 times as long after the one before."""
SHOWN = 2000
"""Characters of an answer that are shown."""
ATTACHED = 16 * 1024 * 1024
"""Bytes of files that go with a report at most."""


class ReportScoreManytaskPlugin(PluginABC):
    """Reports the score by POST to `report_url`.

    Connection errors and 5xx are tried again. That is safe: the site knows a repeated commit and job for the same report.
    """

    name = "report_score_manytask"

    class Args(PluginABC.Args):
        username: str = Field(min_length=1, description="The student, by the name that the code host knows")
        task_name: str = Field(min_length=1)
        score: int | float | None = Field(
            allow_inf_nan=False, description="A float is the share of the task's points, an int the points, nothing is all of them"
        )
        report_url: AnyHttpUrl = Field(description="The full address, https://…/api/<course>/report")
        report_token: SecretStr = Field(description="The course's token, from a protected and masked variable of CI")
        check_deadline: bool = Field(description="Whether the deadline decides how much of the points counts")
        allow_reduction: bool = Field(False, description="Whether a lower score takes the place of a higher one")
        origin: Path | None = Field(None, description="The folder to attach files from")
        patterns: list[str] = Field(default=["*"], description="Glob patterns of the files to attach")
        send_time: datetime = Field(default_factory=lambda: datetime.now().astimezone(), description="When the work was handed in; now unless given")

        @field_validator("report_token")
        @classmethod
        def filled(cls, token: SecretStr) -> SecretStr:
            """Refuse an empty token, which is what CI gives where a variable is protected and the branch is not."""
            if not token.get_secret_value().strip():
                raise ValueError("it is empty: is the variable set in CI, and for this branch?")
            return token

        @field_validator("send_time")
        @classmethod
        def zoned(cls, time: datetime) -> datetime:
            """A time without a zone is this machine's."""
            return time if time.tzinfo else time.astimezone()

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        token = args.report_token.get_secret_value()
        with attached(args.origin, args.patterns) as files, session() as http:
            try:
                answer = http.post(str(args.report_url), data=body(args), files=files, timeout=TIMEOUT, allow_redirects=False)
            except requests.RequestException as error:
                reason = hidden(cause_of(error), token)
                raise PluginExecutionFailed(f"{args.report_url.host} cannot be reached, so the score is not reported: {reason}") from None
            said = hidden(answer.text[:SHOWN], token)
        if answer.status_code >= 400:
            raise PluginExecutionFailed(f"The score is not reported: {args.report_url.host} answered {answer.status_code} {answer.reason}", output=said)
        stored = stored_score(answer)
        if stored is None:
            where = answer.headers.get("Location")
            hint = f" and sends us to {where}: report_url must be the final address" if where else ", which is not what a course's report_url answers"
            raise PluginExecutionFailed(hidden(f"The score is not reported: {args.report_url} answered {answer.status_code}{hint}", token), output=said)
        reported = "all points" if args.score is None else f"{args.score:g}"
        lines = [f"Reported {reported} for {args.task_name} by {args.username}; the score is now {stored}"]
        return PluginOutput("\n".join([*lines, *(f"Attached: {name}" for name in files if verbose)]))


def body(args: ReportScoreManytaskPlugin.Args) -> dict[str, str]:
    """The form. `commit` and `job` let the site know a repeated report; Manytask's own ignores them."""
    form = {
        "token": args.report_token.get_secret_value(),
        "task": args.task_name,
        "username": args.username,
        "check_deadline": str(args.check_deadline),
        "allow_reduction": str(args.allow_reduction),
        "submit_time": args.send_time.strftime("%Y-%m-%d %H:%M:%S%z"),
        **origin_of(os.environ),
    }
    return form if args.score is None else form | {"score": str(args.score)}


def origin_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The commit and the job as GitLab or GitHub tells them; nothing outside CI. A job that is run again by hand is another one."""
    commit = environment.get("CI_COMMIT_SHA") or environment.get("GITHUB_SHA")
    run, attempt = environment.get("GITHUB_RUN_ID"), environment.get("GITHUB_RUN_ATTEMPT", "1")
    job = environment.get("CI_JOB_ID") or (f"{run}-{attempt}" if run else None)
    return {"commit": commit, "job": job} if commit and job else {}


class Retry(urllib3.Retry):
    """Tries again, and says so in words."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """What is left of the tries; urllib3's own exception if nothing is."""
        left = super().increment(method, url, response, error, _pool, _stacktrace)
        why = f"it answered {response.status}" if response is not None else cause_of(error)
        log.warning("The site did not take the report (%s); trying again, %s time%s at most", why, tries := (left.total or 0) + 1, "" if tries == 1 else "s")
        return left


def cause_of(error: BaseException | None) -> str:
    """The system's own words for what kept a request from its answer."""
    while error is not None:
        deeper = getattr(error, "reason", None) or error.__cause__ or next((one for one in error.args if isinstance(one, BaseException)), None)
        if not isinstance(deeper, BaseException):
            break
        error = deeper
    return getattr(error, "strerror", None) or str(error)


def session() -> requests.Session:
    """HTTP that tries again what did not reach the site, or what the site could not do."""
    retry = Retry(
        total=MORE_TRIES,
        backoff_factor=BACKOFF,
        status_forcelist=range(500, 600),
        allowed_methods={"POST"},
        raise_on_status=False,
        # A site could ask for hours.
        respect_retry_after_header=False,
    )
    http = requests.Session()
    for scheme in ("http://", "https://"):
        http.mount(scheme, HTTPAdapter(max_retries=retry))
    return http


def stored_score(answer: requests.Response) -> float | None:
    """The score that the site has now; None if this is not the answer of one."""
    try:
        score = answer.json()["score"] if answer.ok and not answer.is_redirect else None
    except (requests.JSONDecodeError, KeyError, TypeError):
        return None
    return score if isinstance(score, int | float) else None


def hidden(text: str, token: str) -> str:
    """The text without the token."""
    return text.replace(token, "***")


@contextlib.contextmanager
def attached(origin: Path | None, patterns: list[str]) -> Iterator[dict[str, tuple[str, IO[bytes]]]]:
    """The files to send, by their paths from `origin`."""
    with contextlib.ExitStack() as stack:
        files = found(origin, patterns) if origin is not None else []
        if (size := sum(file.stat().st_size for file in files)) > ATTACHED:
            raise PluginExecutionFailed(f"The files to attach have {size:,} bytes, over {ATTACHED:,}: narrow patterns")
        yield {name: (name, stack.enter_context(open(file, "rb"))) for file in files for name in [str(file.relative_to(origin or file))]}
