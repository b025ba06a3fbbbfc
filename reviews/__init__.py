"""Reviews: usernames, and how many Tasks each has."""

from flask import Flask

from project.api import scopes_of
from project.extensions import admin_of
from project.home import notices_of
from reviews import api
from reviews.admin import ReviewsView
from reviews.notices import reviews_notice


def register(app: Flask) -> None:
    """Hang the reviews on the site."""
    admin_of(app).add_view(ReviewsView(endpoint="reviews", url="/reviews", name="Reviews"))
    scopes_of(app)["reviews:read"] = "See who owns how many Tasks"
    app.register_blueprint(api.blueprint)
    notices_of(app).append(reviews_notice)
