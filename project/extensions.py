"""The extension registry: what features share, bound to nothing until an app is made."""

from typing import cast

from flask import Flask, Response
from flask_admin import Admin
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from project.settings import Settings


class Model(DeclarativeBase):
    """The base of every table's class."""

    # Named constraints, because a migration can drop only what has a name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# What was committed is what the object holds; reading it again after each commit would cost a statement.
db = SQLAlchemy(model_class=Model, disable_autonaming=True, session_options={"expire_on_commit": False})
migrate = Migrate()


class SessionLoginManager(LoginManager):
    """Flask-Login without its remember cookie: who stays logged in has a session like any other, only a longer one."""

    def _load_user_from_remember_cookie(self, cookie: str) -> None:
        """Take nobody's word for it, an older release's neither."""

    def _update_remember_cookie(self, response: Response) -> Response:
        """Nothing is remembered so; to look for it would read the session, and every static file would seem to depend on who asks."""
        return response


login_manager = SessionLoginManager()
# It would mark a session of another address or browser as not fresh, and nothing asks for that.
login_manager.session_protection = None
csrf = CSRFProtect()


def admin_of(app: Flask) -> Admin:
    """The app's Flask-Admin site, where features add their views."""
    return cast(Admin, app.extensions["admin"][0])


def settings_of(app: Flask) -> Settings:
    """The settings the app was made with."""
    return cast(Settings, app.extensions["callboard"])
