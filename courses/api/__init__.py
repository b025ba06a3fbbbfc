"""The HTTP API of courses: what checkers, scripts and pages ask under `/api/`. Source: courses-contract, "HTTP for checkers and scripts"."""

from flask import Blueprint, Response

from courses.config.faults import ConfigFaults
from courses.faults import ApiFault
from project import api
from project.extensions import db

blueprint = Blueprint("courses_api", __name__, url_prefix="/api")


@blueprint.errorhandler(ApiFault)
def on_fault(fault: ApiFault) -> Response:
    """The refusal, and nothing of what the request began."""
    db.session.rollback()
    return api.refusal(fault.status, str(fault))


@blueprint.errorhandler(ConfigFaults)
def on_config_faults(faults: ConfigFaults) -> Response:
    """Every fault of the file, one a line; the course is as it was."""
    db.session.rollback()
    return api.refusal(400, str(faults))
