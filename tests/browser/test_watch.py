"""What no page may do is noticed in whatever browser a test opens."""

import pytest
from playwright.sync_api import Page, Route

from tests.browser.watch import Watch

FAULTS = {
    "an error on the console": ("<script>console.error('odd')</script>", "", "console: odd"),
    "an error that nobody catches": ("<script>nowhere()</script>", "", "nowhere is not defined"),
    "a violation of the policy": ("<script>console.log('inline')</script>", "script-src 'self'", "policy: script-src-elem forbids inline"),
    "a file of another site": ("<img src='http://127.0.0.1:9/x.png'>", "", "leaves the site: http://127.0.0.1:9/x.png"),
    "a file that is not there": ("<img src='/nowhere.png'>", "", "404: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_noticed(visitor: Page, watch: Watch, fault: str) -> None:
    body, policy, noted = FAULTS[fault]

    def answer(route: Route) -> None:
        route.fulfill(body=f"<!doctype html><title>Odd</title>{body}", content_type="text/html", headers={"Content-Security-Policy": policy})

    visitor.route("**/odd", answer)
    visitor.goto("/odd")
    visitor.wait_for_load_state("networkidle")

    assert any(noted in fault for fault in watch.faults), watch.faults
    watch.faults.clear()
