"""The pictures in docs/images: the main pages of a site with some life in it, light and dark, wide and narrow. `make screenshots` takes them."""

import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random

from playwright.sync_api import Browser

from courses import sample
from project import create_app
from project.database import utc_now
from project.extensions import db
from tasks_app.models import Task
from tests.apps import close, settings
from tests.chromium import CHROMIUM, PACKAGE, chromium, is_installed
from tests.factories import PASSWORD, make_result, make_superuser, make_task, make_tick, make_user
from tests.site import ROOT, Site
from workers.models import TickState
from workers.monitor import queries
from workers.monitor.gathering import Amount, Kind
from workers.monitor.histogram import bucket_of
from workers.monitor.models import Outcome

IMAGES = ROOT / "docs" / "images"
THEMES = ("light", "dark")
SIZES = {"wide": (1120, 760), "narrow": (360, 720)}
"""Pixels: a window on a desk, and a phone."""
PAGES = {
    "home": "/",
    "course": f"/courses/{sample.NAME}/",
    "gradebook": f"/courses/{sample.NAME}/gradebook",
    "student": f"/courses/{sample.NAME}/students/ada",
    "tasks": "/tasks/",
    "task": "/tasks/details/?id={task}",
    "reviews": "/reviews/",
    "workers": "/workers/",
    "schedule": "/workers/schedule/",
}

AUTHORS = ("alan", "barbara", "donald", "edsger", "frances", "ken", "leslie", "margaret")
TITLES = ("Dice", "Percent", "Room temperature", "Jitter of the clock", "Lottery", "Coin", "Depth of the queue")
RANGES = ((1, 6), (0, 100), (18.5, 23.5), (-0.25, 0.25), (1, 49), (0, 1), (0, 12_000))
TICKS = 40
DRAWN = 8
"""Tasks, the newest, whose numbers each of these ticks has drawn; the list of results shows no more."""


def make_life(database_url: str) -> int:
    """Authors, Tasks and an afternoon's ticks with their numbers; the id of the Task to show. Every run makes the same."""
    chance = Random(1)
    app = create_app(settings(database_url))
    with app.app_context():
        authors = [make_superuser("grace"), *map(make_user, AUTHORS)]
        tasks = []
        for title, (lower, upper) in islice(cycle(zip(TITLES, RANGES, strict=True)), 60):
            tasks.append(make_task(chance.choice(authors), lower, upper, title))
        for age, task in enumerate(reversed(tasks)):
            task.created_at = task.updated_at = utc_now() - timedelta(hours=4 + 7 * age)
        db.session.commit()
        for number in range(TICKS):
            launch(tasks, number, chance)
        sample.make_sample_course(authors[0].id)
        for minutes in range(1, 180):
            work(utc_now() - timedelta(minutes=minutes), chance)
        db.session.commit()
        shown = tasks[-3].id
    close(app)
    return shown


def launch(tasks: list[Task], number: int, chance: Random) -> None:
    """The tick of that number, and what it drew."""
    slot = utc_now() - timedelta(minutes=5 * (TICKS - number) - 2)
    if number == TICKS - 6:
        make_tick(TickState.SKIPPED, slot=slot, reason="3 earlier ticks were still open")
        return
    tick = make_tick(slot=slot, published=len(tasks), verified=len(tasks), finished_at=slot + timedelta(seconds=chance.uniform(1, 3)))
    for task in tasks[-DRAWN:]:
        make_result(task, chance.triangular(task.lower_limit, task.upper_limit), tick.id, created_at=slot)


def work(at: datetime, chance: Random) -> None:
    """What the workers' monitor counted within a minute: most messages took some milliseconds."""
    took = Counter(bucket_of(chance.lognormvariate(-4.5, 0.8)) for _ in range(chance.randrange(5, 20)))
    counts = {Kind("numbers", "generate_random_number", Outcome.PROCESSED, bucket): Amount(messages) for bucket, messages in took.items()}
    queries.add_counts(at.replace(second=0, microsecond=0), counts)


def take(browser: Browser, site: Site, theme: str, size: str, paths: dict[str, str]) -> None:
    """Take one picture of each page."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, timezone_id="Europe/Berlin", locale="en-GB")  # type: ignore[arg-type]  # one of THEMES
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for name, path in paths.items():
        page.goto(site.url + path)
        page.screenshot(path=IMAGES / f"{name}-{theme}-{size}.png")
    context.close()


def main() -> None:
    """Take all pictures anew."""
    if not is_installed():
        sys.exit(f"{CHROMIUM} is missing. Debian: apt install {PACKAGE}")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite:///{folder}/callboard.db"
        site = Site(Path(folder), DATABASE_URL=database_url)
        site.flask("db", "upgrade")
        task_id = make_life(database_url)
        paths = {name: path.format(task=task_id) for name, path in PAGES.items()}
        with site.serving(), chromium() as browser:
            for theme in THEMES:
                for size in SIZES:
                    take(browser, site, theme, size, paths)


if __name__ == "__main__":
    main()
