"""A course on the real site: a student's fork, pushes of every kind graded as CI does, scores and history in the gradebook."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
import requests

from tests.checker.courses import checker, git, write
from tests.checker.test_init import BEGAN, make_example, needs_tools
from tests.site import Site

EARLY, LATE = BEGAN + timedelta(days=1), BEGAN + timedelta(days=19)


@pytest.fixture
def site(postgres_url: str, tmp_path: Path) -> Iterator[Site]:
    """The site, serving a course `prog`."""
    site = Site(tmp_path, DATABASE_URL=postgres_url, BROKER_URL="", WEB_CONCURRENCY="1")
    with site.serving():
        yield site


def history(url: str) -> list[tuple[object, ...]]:
    """Each submission: its assignment, its share of the points, what it earned, its commit."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT a.name, s.multiplier, s.earned, s.commit FROM submissions s JOIN assignments a ON a.id = s.assignment_id"
            " JOIN courses c ON c.id = a.course_id WHERE c.name = 'prog' ORDER BY s.id"
        )
        return list(cursor.fetchall())
    finally:
        connection.close()


def assert_pages_show_it(site: Site, url: str, commit: str) -> None:
    """The gradebook's page has the scores, and the student's own pages the history."""
    first = re.search(r"as +(\w+) +with the password +(\S+)", site.flask("first-run"))
    assert first is not None
    site.post("/accounts/login", form_at="/accounts/login", username=first[1], password=first[2])
    assert re.search(r"\bann 50 83\.3 0 10 10 30\b", text_of(site, "gradebook"))
    # Ann signs in by GitLab, which vouches that she is the one whom reports name; here the teacher's account stands in for hers.
    change(url, "UPDATE enrolments SET account_id = (SELECT min(id) FROM users) WHERE rms_username = 'ann'")
    told = re.findall(r"(\w+) no\. 1 \d.*? (\d+) \d+ (Late|In time): .*? Commit (\w+)", text_of(site, "submissions"))
    assert [entry[:3] for entry in told] == [("palindrome", "10", "Late"), ("fibonacci", "30", "In time"), ("add", "10", "In time")]
    assert told[0][3] == commit[:10]
    assert "Points 50 of 60" in text_of(site, "")


def text_of(site: Site, page: str) -> str:
    """What a page of the course says, on one line."""
    answer = site.browser.get(f"{site.url}/courses/prog/{page}", timeout=30)
    assert answer.ok, answer.text
    main = answer.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())


def change(url: str, statement: str) -> None:
    """Change the database."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@needs_tools
def test_pushes_of_a_fork_are_graded_and_come_to_the_gradebook(site: Site, postgres_url: str, tmp_path: Path) -> None:
    # Given a course on the site, published, with an image for grading, and a student's fork
    course, public, image, fork = make_example(tmp_path / "course"), tmp_path / "public.git", tmp_path / "image", tmp_path / "fork"
    git(tmp_path, "init", "--quiet", "--bare", str(public))
    (course / ".checker.yml").write_text((course / ".checker.yml").read_text().replace("https://gitlab.example.org/my-course/public.git", str(public)))
    assert checker("export", course, tmp_path / "public", "--commit").exit_code == 0
    assert checker("export-private", course, image).exit_code == 0
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(public), str(fork))
    token = site.flask("courses", "create", "prog").strip()
    api = f"{site.url}/api/prog"
    config = requests.post(f"{api}/update_config", data=(course / ".manytask.yml").read_bytes(), headers={"Authorization": token}, timeout=30)
    assert (config.status_code, config.text) == (200, "")
    site.flask("courses", "enrol", "prog", "ann")

    def pushed(job: str, files: dict[str, object], at: datetime = EARLY) -> tuple[int, str]:
        """Push the files and grade the push as CI does; the exit code and the log."""
        before = git(fork, "rev-parse", "HEAD").strip()
        write(fork, files)
        git(fork, "add", "--all", "--force")
        git(fork, "commit", "--quiet", "--allow-empty", "--message", job)
        ci = {"CI": "true", "CI_COMMIT_BEFORE_SHA": before, "CI_COMMIT_SHA": git(fork, "rev-parse", "HEAD").strip(), "CI_JOB_ID": job}
        secrets = {"REPORT_URL": f"{api}/report", "TESTER_TOKEN": token}
        result = checker("grade", fork, image, "--submit-score", "--username", "ann", "--timestamp", at.isoformat(), env={**ci, **secrets})
        assert token not in result.output
        return result.exit_code, result.output

    def solution(task: str) -> dict[str, object]:
        """The course's own."""
        return {f"{task}/{file.name}": file.read_text() for file in (course / task).glob("solution.*") if file.suffix != ".template"}

    # When right, wrong, malicious and late solutions are pushed
    assert pushed("1", {"README.md": "mine"})[0] == 0
    assert pushed("2", solution("basics/add") | solution("programs/fibonacci"))[0] == 0
    code, log = pushed("3", {"basics/palindrome/solution.py": "def is_palindrome(text):\n    return True\n"})
    assert (code, "palindrome failed at" in log) == (1, True)
    exits = "import os\nos._exit(0)\n"
    assert (
        pushed(
            "4", {"basics/palindrome/solution.py": exits, "basics/palindrome/test_private.py": "", "basics/palindrome/conftest.py": exits, "conftest.py": exits}
        )[0]
        == 1
    )
    assert pushed("5", solution("basics/palindrome") | {"basics/palindrome/conftest.py": "", "conftest.py": ""}, LATE)[0] == 0

    # Then the gradebook has what was earned, half of it for what was late, and the history has each report once
    gradebook = requests.get(f"{api}/database", headers={"Authorization": token}, timeout=30).json()
    assert {student["username"]: student["scores"] for student in gradebook["students"]} == {"ann": {"add": 10, "fibonacci": 30, "palindrome": 10}}
    assert_pages_show_it(site, postgres_url, git(fork, "rev-parse", "HEAD").strip())
    entries = history(postgres_url)
    assert [entry[:3] for entry in entries] == [("add", 1.0, 10), ("fibonacci", 1.0, 30), ("palindrome", 0.5, 10)]
    assert entries[-1][3] == git(fork, "rev-parse", "HEAD").strip()
