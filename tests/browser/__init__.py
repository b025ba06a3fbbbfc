"""The site in Debian's Chromium, as people use it."""
