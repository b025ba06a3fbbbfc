"""The workers' overview, as a superuser watches it."""

from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories import make_tasks
from tests.workers.ledger import numbers
from workers import ticks


def test_the_overview_changes_by_itself_while_a_tick_runs(superuser: Page, behind: Flask) -> None:
    superuser.goto("/workers/")
    state = superuser.get_by_role("region", name="State", exact=True)
    processed = state.get_by_role("row").filter(has_text="within the last hour").get_by_role("cell").nth(1)
    before = processed.inner_text()

    with behind.app_context():
        make_tasks(20)
        ticks.launch_by_hand(numbers())

    expect(processed).not_to_have_text(before, timeout=60_000)
    expect(state).to_contain_text("Workers online 1", timeout=60_000)
