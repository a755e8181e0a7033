"""What is asked before anything is made: rules for words, for names of real people, for faces in what is given.

>>> from countermark.generator.consent.rules import default
>>> [rule.name for rule in default().rules][0]
'minors'
"""

from .checking import Granted, check, foresee
from .rules import ConsentRules, rules_of

__all__ = ["ConsentRules", "Granted", "check", "foresee", "rules_of"]
