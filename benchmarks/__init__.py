"""A tick at full speed: Callboard beside Celery, celery-batches and Dramatiq, doing the same on the same servers. See docs/performance.md."""
