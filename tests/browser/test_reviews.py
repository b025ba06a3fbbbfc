"""Reviews: for reviewers, and for nobody else."""

from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, member
from tests.factories import make_task, make_user


def main_links(page: Page) -> list[str]:
    """The pages that the navigation offers."""
    return page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()


def test_a_reviewer_finds_an_author_and_the_plot_of_authors(open_as: Open, behind: Flask) -> None:
    with behind.app_context():
        author = make_user("shakespeare")
        for _ in range(3):
            make_task(author)
    reviewer = open_as(member(behind, can_review_tasks=True))
    reviewer.goto("/")
    assert main_links(reviewer) == ["Courses", "Reviews"]

    reviewer.get_by_role("navigation", name="Main").get_by_role("link", name="Reviews").click()
    plot = reviewer.get_by_role("main").locator("canvas")
    assert "shakespeare" in plot.evaluate("canvas => Chart.getChart(canvas).data.labels")
    reviewer.get_by_label("Username").fill("SHAKES")
    reviewer.get_by_role("button", name="Search").click()

    rows = reviewer.get_by_role("region", name="Authors, table").get_by_role("row")
    expect(rows).to_have_text(["AuthorTasks", "shakespeare3"])
    with reviewer.expect_download() as download:
        reviewer.get_by_role("button", name="CSV").click()
    assert download.value.path().read_text().splitlines() == ["username,tasks", "shakespeare,3"]


def test_a_plain_user_sees_no_way_there_and_is_refused(open_as: Open, behind: Flask) -> None:
    user = open_as(member(behind))
    user.goto("/")
    assert "Reviews" not in main_links(user)

    answer = user.goto("/reviews/")

    assert answer
    assert answer.status == 403
    expect(user.get_by_role("heading", level=1)).to_have_text("This is not open to you")
