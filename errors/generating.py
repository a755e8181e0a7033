"""What can go wrong while something is generated: with the model, the machine, a service, consent, what it begins from.

An empty prompt, or a size that nothing can make, is `PromptInvalid` of the work.
"""

from __future__ import annotations

from .base import CountermarkError


class FeatureLacking(CountermarkError):
    """The model can't do what was asked for; another may."""

    advice = "`countermark models` lists what every model can do"
    exit_code = 69


class ModelMissing(CountermarkError):
    """No model has that name, or its weights are not on this machine, or nobody here knows its kind."""

    advice = "`countermark models` lists the names; give the folder of the weights where you have them"
    exit_code = 71


class ModelUnfit(CountermarkError):
    """The model's files are there, and are broken, or of a kind that can run what they like when they are read."""

    advice = "give a folder with model_index.json and .safetensors files, as its maker publishes it"
    exit_code = 72


class MemoryShort(CountermarkError):
    """What was asked for does not fit into the memory that there is."""

    advice = "ask for a smaller size or fewer seconds, or give --offload"
    exit_code = 73


class ConsentRefused(CountermarkError):
    """The rules of consent refuse to make it; nothing was made."""

    advice = "the rules are in the file that `consent_rules` names; docs/consent.md says how they are written"
    exit_code = 74


class ConsentNeeded(CountermarkError):
    """It shows somebody, or may; whoever asks has to say that they may."""

    advice = "give --i-have-consent where you have it; the manifest then says so"
    exit_code = 75


class ServiceFailed(CountermarkError):
    """A hosted model refused, failed, or did not answer in time."""

    advice = "the service's own words are in the message; try again later, or ask for something else"
    exit_code = 76


class SpendingUnapproved(CountermarkError):
    """A service would charge for it, and nobody said that it may."""

    advice = "look at the cost with --plan, and approve it with --approve-cost"
    exit_code = 77


class KeyMissing(CountermarkError):
    """A service's key is not in the environment."""

    advice = "set the environment variable that the message names"
    exit_code = 78


class InputUnfit(CountermarkError):
    """A picture, a mask or a video that a model should begin from can't be used."""

    advice = "give an ordinary PNG or JPEG, or a video that plays; a mask as large as the picture that it is for"
    exit_code = 79
