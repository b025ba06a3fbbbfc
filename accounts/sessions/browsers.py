"""What a browser is called, for people who look for one that is not theirs."""

from functools import lru_cache

from ua_parser import parse


# What people's browsers say repeats itself, and reading it costs a millisecond; what an attacker makes up does not, so there is an end to what is kept.
@lru_cache(maxsize=1024)
def browser(user_agent: str) -> str:
    """`Firefox on Linux`, from what a browser says it is; the beginning of that where it is no browser that anybody knows."""
    found = parse(user_agent)
    names = [part.family for part in (found.user_agent, found.os) if part]
    return " on ".join(names) or user_agent[:40] or "unknown"
