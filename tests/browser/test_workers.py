"""The workers' overview, as a superuser watches it."""

import re
from uuid import uuid4

from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories import make_failure, make_tasks
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


def test_failed_messages_are_chosen_together_and_a_traceback_is_copied(superuser: Page, behind: Flask) -> None:
    # Given two messages that nobody else's test has
    actor, traceback = f"actor{uuid4().hex}", "Traceback (most recent call last):\n  in the pit\nValueError: the curtain is stuck\n"
    with behind.app_context():
        newest = [make_failure(actor=actor, traceback=traceback, error="ValueError: the curtain is stuck").id for _ in range(2)][-1]
    superuser.context.grant_permissions(["clipboard-read", "clipboard-write"])

    # When one is chosen, and then all are
    superuser.goto(f"/workers/messages/?actor={actor}")
    everyone, each = superuser.get_by_label("All on this page"), superuser.get_by_label(re.compile(r"^Message \d+$"))
    each.first.check()
    expect(everyone).to_have_js_property("indeterminate", True)
    everyone.check()
    for box in each.all():
        expect(box).to_be_checked()

    # Then both are discarded at once
    superuser.get_by_role("button", name="Discard chosen").click()
    superuser.get_by_role("dialog").get_by_role("button", name="Yes, discard").click()
    expect(superuser.get_by_text("2 messages were discarded.")).to_be_visible()
    expect(superuser.get_by_text("No message is like that.")).to_be_visible()

    # And the traceback of one is copied
    superuser.goto(f"/workers/messages/details?id={newest}")
    superuser.get_by_role("button", name="Copy the traceback").click()
    expect(superuser.get_by_text("Copied.")).to_be_visible()
    assert superuser.evaluate("navigator.clipboard.readText()") == traceback
