"""What to train on a person's images when nobody says it: facts, plan, sentence, and the comparison of candidates.

Needs neither keras nor torch, so that every interface can show a plan before work begins.
"""

from convonet.planning.choosing import LossDifference, compare, score_validation
from convonet.planning.facts import facts_of
from convonet.planning.make import make_plan, plan_for

__all__ = [
    "LossDifference",
    "compare",
    "facts_of",
    "make_plan",
    "plan_for",
    "score_validation",
]
