"""The way to another site, which no form may take by itself."""

from flask import render_template


def leave_for(url: str, name: str) -> str:
    """A page that takes the browser to another site, called `name`, after a form was sent here.

    Not a redirect: the content security policy lets a page's forms go to this site alone, and browsers hold every redirect on the way to that.
    """
    return render_template("leaving.html", url=url, name=name)
