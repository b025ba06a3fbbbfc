"""What forms of all features have in common."""


def trimmed(typed: str | None) -> str:
    """A WTForms filter: without blanks around it."""
    return (typed or "").strip()
