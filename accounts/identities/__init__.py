"""Sign-in elsewhere: GitLab and other OpenID Connect providers vouch for a user who was linked to them."""
