"""What no page may do, whatever the test that opens it is about: complain, break its own policy, fetch what fails, or turn to another site."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} forbids ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`));
"""
FAILED_TO_LOAD = "Failed to load resource"
"""How the console puts what the responses tell better: a page that answers 403 is no fault."""
OF_THE_PAGE_ITSELF = ("data:", "blob:", "about:")


class Watch:
    """Collects what went wrong in browsers at the site at `url`."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/"
        self.faults: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Look at every page of a browser from now on."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(FAILED_TO_LOAD):
            self.faults.append(f"console: {message.text} ({_address(message.page)})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"error: {error.error} ({_address(error.page)})")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self._url, *OF_THE_PAGE_ITSELF)):
            self.faults.append(f"leaves the site: {request.url} ({request.frame.url})")

    def _on_response(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= (500 if is_page else 400):
            self.faults.append(f"{response.status}: {response.url}")


def _address(page: Page | None) -> str:
    return page.url if page else "no page"
