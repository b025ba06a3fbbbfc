"""Sessions: each login is a row, and ends when its user, a superuser or the clock says so."""
