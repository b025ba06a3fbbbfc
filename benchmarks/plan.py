"""Who runs when, so that a whole run takes half an hour and not hours."""

from collections.abc import Sequence

from benchmarks.results import OURS, Run, is_celery, lines
from benchmarks.subjects import Subject

MOST_FOR_ALL_ROUNDS = 20_000
"""With more Tasks than that the peers run in the first round alone, and of Celery only what was fastest before."""


def taking_part(subjects: Sequence[Subject], tasks: int, number: int, ran: Sequence[Run]) -> list[Subject]:
    """Who runs with so many Tasks in a round, after what has been run already."""
    if tasks <= MOST_FOR_ALL_ROUNDS:
        return list(subjects)
    if number > 1:
        return [subject for subject in subjects if subject.name in OURS]
    celery = [line for line in lines(ran) if is_celery(line.subject)]
    largest = max((line.tasks for line in celery), default=0)
    fastest = max((line for line in celery if line.tasks == largest), key=lambda line: line.rate("drain"), default=None)
    return [subject for subject in subjects if fastest is None or not is_celery(subject.name) or subject.name == fastest.subject]
