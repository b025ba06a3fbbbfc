"""What stands in names and titles is never run: not by a page, not by a plot, not by a part of a page that comes later."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Page, expect

from project.extensions import db
from tests.factories import make_result, make_task, make_user
from tests.project.content.attacks import BREAKS_OUT, MARK


@pytest.fixture
def task_id(behind: Flask) -> Iterator[int]:
    """A Task whose title and author are an attack, with numbers."""
    with behind.app_context():
        author = make_user(BREAKS_OUT)
        # The reviews' plot shows who has the most.
        author.task_count = 1000
        task = make_task(author, title=BREAKS_OUT)
        for result in (0.25, 0.75):
            make_result(task, result)
        yield task.id
        db.session.delete(task)
        db.session.flush()
        db.session.delete(author)
        db.session.commit()


def test_a_page_shows_an_attack_and_does_not_run_it(superuser: Page, task_id: int) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    superuser.on("dialog", note)
    for url in ("/tasks/", f"/tasks/details/?id={task_id}", "/users/", f"/tasks/?search={MARK}"):
        superuser.goto(url)
        expect(superuser.get_by_text(BREAKS_OUT).first).to_be_visible()
        superuser.wait_for_load_state("networkidle")
        assert superuser.locator(f"[src={MARK}]").count() == 0
    superuser.goto("/reviews/")
    superuser.locator("canvas").hover()
    superuser.goto(f"/tasks/edit/?id={task_id}")
    expect(superuser.get_by_label("Title")).to_have_value(BREAKS_OUT)
    assert superuser.title().startswith(f"Edit Task {task_id}: {BREAKS_OUT}")

    assert asked == []
