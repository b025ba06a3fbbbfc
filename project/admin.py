"""The base of every Flask-Admin view: closed to all whom its rule does not admit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, ClassVar, cast

from flask import Flask, abort, request, url_for
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Row, Select

from project import keyset
from project.access import Rule, refuse
from project.extensions import admin_of, db
from project.formatting import number, utc, yes_no
from project.ids import read_id
from project.keyset import Place, Stretch
from project.redirects import local_target

# What a cell shows, by the type of its value; numbers as a person typed them.
CELLS = {
    **ModelView.column_type_formatters,
    bool: lambda _view, value, _name: yes_no(value),
    float: lambda _view, value, _name: number(value, 15),
    datetime: lambda _view, value, _name: utc(value),
}


EXPORT_CHUNK = 1000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001  # of full width, which spreadsheets take for the narrow ones


def safe_in_spreadsheets(value: Any) -> Any:
    """A value for CSV: a number or nothing as it is, all else as text, quoted where a spreadsheet would take it for a formula (OWASP, "CSV Injection")."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class ClosedView(BaseView):
    """A page for those whom `rule` admits; visitors are sent to log in, others get 403."""

    rule: ClassVar[Rule]
    place: ClassVar[int] = 0
    """Where in the navigation it stands, or among the tabs: smaller numbers first."""
    part_of: ClassVar[str | None] = None
    """The endpoint of the view under which it stands as a tab, instead of in the navigation."""

    def is_accessible(self) -> bool:
        """Whether the current user may open this view, and so sees it in the navigation."""
        return type(self).rule(current_user)

    def tabs(self) -> list[dict[str, Any]]:
        """The pages that belong together with this one, itself among them, in the form of `navigation_of`; none where it stands alone."""
        whole = self.part_of or self.endpoint
        together = [view for view in _open_views(self.admin) if whole in (view.endpoint, view.part_of)]
        return [_entry(view, {view.endpoint}) for view in together] if len(together) > 1 else []

    def render(self, template: str, **context: Any) -> str:
        """A page of this view."""
        page: str = super().render(template, **context)
        return page

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """What those get whom the rule does not admit."""
        return refuse()


class ClosedModelView(ClosedView, ModelView):
    """A table's pages: lists without a total count, forms that carry a CSRF token, no bulk actions."""

    form_base_class = FlaskForm
    simple_list_pager = True
    page_size = 50
    can_set_page_size = True
    page_size_options = (20, 50, 100)
    can_view_details = True
    column_type_formatters = CELLS
    column_type_formatters_detail = CELLS
    record_name: ClassVar[str]
    """What a row is called on the pages."""
    delete_warning: ClassVar[str] = "It will be gone for good."
    """What is said before a row is deleted."""
    sort_keys: ClassVar[Mapping[str, ColumnElement[Any]]]
    """What the list is sorted by for each column that it can be sorted by; never NULL, and with an index that has the id at its end."""
    column_default_sort: ClassVar[tuple[str, bool]]
    """The column by which the list is sorted at first, and whether descending."""
    empty_hint: ClassVar[str]
    """What stands in a list without rows."""
    action_disallowed_list = ("delete",)

    def get_one(self, id: str | tuple[str, ...]) -> Any:
        """The row of that id; None for what can't be one, or is several."""
        row_id = read_id(id) if isinstance(id, str) else None
        return None if row_id is None else db.session.get(self.model, row_id)

    def found(self, words: Sequence[str]) -> Select[Any]:
        """All rows that have each of the words."""
        raise NotImplementedError

    def find(self, words: Sequence[str], key: ColumnElement[Any], stretch: Stretch) -> Sequence[Row[Any, Any, int]]:
        """Those of them in a stretch of the list that is sorted by `key`: rows of the record, its key and its id."""
        return db.session.execute(stretch.of(self.found(words).add_columns(key, self.model.id), key, self.model.id)).all()

    def get_list(self, page: int | None, sort_column: str | None, sort_desc: bool, search: str | None, *args: Any, **kwargs: Any) -> Any:
        """A page of rows from the place on that the address names, or for an export all of them, read a thousand at a time."""
        name, descending = (sort_column, bool(sort_desc)) if sort_column and self.is_sortable(sort_column) else self.column_default_sort
        key = self.sort_keys[name]
        # PostgreSQL's text can't have NUL, so no row has such a word.
        words = (search or "").replace("\0", "").split()
        if kwargs.get("page_size") == self.export_max_rows:
            return None, self._every_row(words, key, descending)
        backwards = "before" in request.args
        place = Place.read(request.args.get("before" if backwards else "after", ""), key)
        stretch = Stretch(self.get_safe_page_size(kwargs.get("page_size")), descending, place, backwards and place is not None)
        return None, keyset.page(stretch, lambda wanted: self.find(words, key, wanted))

    def _every_row(self, words: Sequence[str], key: ColumnElement[Any], descending: bool) -> Iterator[Any]:
        # Asked for only while the answer streams: until then the request's session ends, and another one begins.
        in_order = self.found(words).order_by(*Stretch(0, descending).order(key, self.model.id))
        yield from db.session.scalars(in_order.execution_options(yield_per=EXPORT_CHUNK))

    def is_sortable(self, name: str) -> bool:
        """Whether the list can be sorted by a column."""
        return name in self.sort_keys

    def place_url(self, **place: Place | str | None) -> str:
        """The list as it is sorted and searched now, `after` or `before` a place; without one, its first page."""
        shown = self._get_list_extra_args()
        shown.extra_args.update({name: str(at) for name, at in place.items() if at is not None})
        return str(self._get_list_url(shown))

    def _get_list_extra_args(self) -> Any:
        """What the address asks for. A place belongs to one order of the list alone, so no link but those to other pages keeps it."""
        asked = super()._get_list_extra_args()
        asked.page, asked.extra_args = 0, {name: value for name, value in asked.extra_args.items() if name not in ("after", "before")}
        return asked

    def get_export_value(self, model: Any, name: str) -> Any:
        """A value for CSV."""
        return safe_in_spreadsheets(super().get_export_value(model, name))

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        """Refuse a return address that is another site's: Flask-Admin goes to `url` after it is done, and checks it less strictly."""
        if local_target(request.values.get("url") or "/") is None:
            abort(400, "The address to return to is not on this site.")
        return super()._handle_view(name, **kwargs)

    def get_empty_list_message(self) -> str:
        """What stands in a list without rows."""
        return self.empty_hint


@dataclass(frozen=True, kw_only=True)
class Signpost:
    """The way from the navigation to pages that are no Flask-Admin view's."""

    name: str
    endpoint: str
    rule: Rule
    place: int


def signposts_of(app: Flask) -> list[Signpost]:
    """The app's signposts, where features add theirs."""
    return cast(list[Signpost], app.extensions.setdefault("callboard_signposts", []))


def navigation_of(app: Flask) -> list[dict[str, Any]]:
    """The pages the current user may open: name, url, and whether it, or one of its tabs, is the one being shown."""
    views = _open_views(admin_of(app))
    found = [
        (whole.place, _entry(whole, {view.endpoint for view in views if whole.endpoint in (view.endpoint, view.part_of)}))
        for whole in views
        if whole.part_of is None
    ]
    for sign in signposts_of(app):
        if sign.rule(current_user):
            shown = request.blueprint == sign.endpoint.partition(".")[0]
            found.append((sign.place, {"name": sign.name, "url": url_for(sign.endpoint), "active": shown}))
    return [entry for _, entry in sorted(found, key=itemgetter(0))]


def _open_views(admin: Any) -> list[Any]:
    return sorted((view for view in admin._views if view.is_visible() and view.is_accessible()), key=lambda view: view.place)


def _entry(view: Any, shown: set[str]) -> dict[str, Any]:
    return {"name": view.name, "url": url_for(f"{view.endpoint}.{view._default_view}"), "active": request.blueprint in shown}
