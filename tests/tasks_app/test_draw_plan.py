"""A batch of draws seeks each Task by its id, though PostgreSQL would rather read all of some ten thousand."""

import uuid
from typing import Any, cast

from sqlalchemy import text

from project.extensions import db
from tasks_app import queries
from tasks_app.draws import Draw
from tests.apps import close, make_app
from tests.factories import make_task, make_user


def test_a_batch_reads_no_tasks_but_its_own(postgres_url: str) -> None:
    app = make_app(postgres_url)
    with app.app_context():
        task = make_task(make_user())
        columns = "lower_limit, upper_limit, created_by, created_at, updated_at"
        db.session.execute(text(f"INSERT INTO tasks ({columns}) SELECT {columns} FROM tasks, generate_series(1, 20000) WHERE id = {task.id}"))
        db.session.execute(text("ANALYZE tasks"))
        ids = db.session.scalars(text("SELECT id FROM tasks ORDER BY id LIMIT 1000")).all()

        parameters = queries._parameters([Draw(task_id, None, uuid.uuid4(), 0.5) for task_id in ids])
        insertion = cast(Any, queries._insertion(sqlite=False)).compile(dialect=db.engine.dialect)
        explained = db.session.connection().exec_driver_sql(f"EXPLAIN {insertion}", insertion.construct_params(parameters))
        plan = "\n".join(explained.scalars())
        db.session.rollback()
    close(app)

    assert "Index Scan using pk_tasks" in plan
    assert "Seq Scan on tasks" not in plan
