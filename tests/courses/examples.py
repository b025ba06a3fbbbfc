"""How many examples hypothesis makes of a rule: enough to find a wrong one, few enough to wait for; and none has to be fast."""

from hypothesis import settings

a_few = settings(max_examples=40, deadline=None)
