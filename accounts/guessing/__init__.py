"""Guessing: wrong passwords and codes are counted, and each further try has to wait longer."""
