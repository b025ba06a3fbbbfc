"""The blueprint that the pages of courses hang on."""

from flask import Blueprint

blueprint = Blueprint("courses", __name__, url_prefix="/courses")
