"""One-time links: to set a password without knowing the old one, and to register where not everybody may."""
