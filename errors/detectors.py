"""What can go wrong with detectors: with networks, plug-ins, heads, and tables of clips."""

from __future__ import annotations

from .base import CountermarkError


class NetworkUnfit(CountermarkError):
    """A network can't be run: one of its files is missing or damaged, or is not the one that was meant."""

    advice = "install countermark again; for a detector of your own, add it again (`countermark detectors add`)"
    exit_code = 45


class PluginInvalid(CountermarkError):
    """A detector that was added by the user is described wrongly, does not load, or gives no scores."""

    advice = "docs/detector-plugins.md says how a detector is described"
    exit_code = 46


class ClipTableInvalid(CountermarkError):
    """A table of clips lacks a column, says what it may not say, or holds clips that can't be judged as asked."""

    advice = "docs/detector-bench.md says what stands in it"
    exit_code = 27


class DetectorUnreadable(CountermarkError):
    """The detector's own coefficients are missing or broken."""

    advice = "install countermark again"
    exit_code = 54


class NothingDrawn(CountermarkError):
    """The detector could judge no frame of the file, so that there is no heat map of any."""

    advice = "leave --heat-maps out; what it says of the file is told without them"
    exit_code = 66


class AdaptationRefused(CountermarkError):
    """From these clips no head can be fitted that is worth having: too few, the same on both sides, or of harm."""

    advice = "give at least two clips of the generator, better ten, that differ in what they show (docs/adapt.md)"
    exit_code = 67


class HeadUnfit(CountermarkError):
    """A head that was adapted to a generator is not here, is damaged, or belongs to another model."""

    advice = "have it exported again where it was made (`countermark heads export`), or adapt again"
    exit_code = 68
