"""Messages that failed for good: found, looked at, sent again, discarded."""

from flask import Flask

from project.extensions import admin_of
from workers.broker import broker_of
from workers.deadletters import api
from workers.deadletters.actors import go_on_settling
from workers.deadletters.admin import MessagesView


def register(app: Flask) -> None:
    """Hang the messages on the site: their pages, their endpoints, and who works through many of them."""
    admin_of(app).add_view(MessagesView(name="Messages", endpoint="messages", url="/workers/messages"))
    app.register_blueprint(api.blueprint)
    go_on_settling.bind(broker_of(app))
