"""What a copy changed: a coarse grid kept of an original, and a comparison with what a copy shows. Knows no registry.

>>> from countermark.provenance.changes import ChangeExaminer
>>> ChangeExaminer.name
'changes'
"""

from .drawing import heat_map
from .examiner import ChangeExaminer, original_record
from .recording import ChangeRecorder

__all__ = ["ChangeExaminer", "ChangeRecorder", "heat_map", "original_record"]
