"""The monitor of the workers: what Flower shows for Celery. Gathered where messages are worked, kept in the database, shown at /workers/."""
