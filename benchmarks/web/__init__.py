"""`python -m benchmarks.web`: how fast the site's pages are with a million Tasks and ten million results, beside stock Flask-Admin views on the same tables."""
