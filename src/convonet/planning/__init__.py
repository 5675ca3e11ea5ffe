"""What to train on a person's images when nobody says it: facts, plan, sentence, and the comparison of candidates.

Needs neither keras nor torch, so that every interface can show a plan before work begins.
"""

from convonet.planning.choosing import LossDifference, ValidationScore, compare, score_validation
from convonet.planning.facts import ImageFacts, facts_of
from convonet.planning.make import make_plan, plan_for
from convonet.planning.plan import Candidate, Plan, PlanDecision

__all__ = [
    "Candidate",
    "ImageFacts",
    "LossDifference",
    "Plan",
    "PlanDecision",
    "ValidationScore",
    "compare",
    "facts_of",
    "make_plan",
    "plan_for",
    "score_validation",
]
