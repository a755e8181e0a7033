"""Looking at very many files, the cheapest look first: what lies in folders and buckets, shard by shard.

A shard is some objects that one worker looks at in turn. What a shard brings is a line of JSON for each object, and
every object has exactly one: a result, or a stated reason. Knows neither queue nor workers; `jobs` has these.

>>> from countermark.scan import STAGES
>>> STAGES
('digest', 'container', 'pictures', 'detector')
"""

from .cascade import Cascade
from .shards import Shard, Shards
from .values import STAGES, Counts, Outcomes, Plan, Scan, ScanStage

__all__ = ["STAGES", "Cascade", "Counts", "Outcomes", "Plan", "Scan", "ScanStage", "Shard", "Shards"]
