"""What goes wrong where the service keeps accounts, media and jobs."""

from __future__ import annotations

from .base import CountermarkError


class ObjectsUnavailable(CountermarkError):
    """The store of media can't be reached, or refuses."""

    advice = "see that the store runs, that `service.objects` is right, and that its keys are in the environment"
    exit_code = 80


class ObjectMissing(CountermarkError):
    """An object is not in the store: its time was over, or it was never there."""

    advice = "what was kept for a time is gone; send the file again"
    exit_code = 81


class AccountUnfit(CountermarkError):
    """An account, a role or a key can't be made or changed so."""

    advice = "see `countermark accounts --help`"
    exit_code = 82


class SignInFailed(CountermarkError):
    """Somebody could not be signed in."""

    advice = "see that name and password are right; where people sign in elsewhere, that `service.oidc_*` are"
    exit_code = 83


class CheckMissing(CountermarkError):
    """There is no such check, or not for whoever asks."""

    advice = "see that the id is right; what was kept for a time may be gone"
    exit_code = 84


class CheckUnfit(CountermarkError):
    """What is asked of a check does not go with how it stands."""

    advice = "look at the check first: what is done can't be cancelled, what is held can't be deleted"
    exit_code = 85


class QuotaReached(CountermarkError):
    """A tenant has as many bytes here as it may."""

    advice = "delete uploads and checks that are done with, or ask again later: what was kept for a time goes by itself"
    exit_code = 91


class JobsUnavailable(CountermarkError):
    """The queue can't be reached."""

    advice = "see that its database runs, and that `service.jobs` is right; where that is not set, `database`"
    exit_code = 86


class PostUnresolved(CountermarkError):
    """No media could be found behind the URL of a post."""

    advice = "give the address of the video file itself, or download it and upload the file"
    exit_code = 87


class BundleInvalid(CountermarkError):
    """An evidence bundle does not hold: it was changed, or is none."""

    advice = "ask for the bundle again where it came from; do not rely on this one"
    exit_code = 88


class ServerRefused(CountermarkError):
    """A verification service refused, or answered what this client does not understand."""

    advice = "see the server's own words; `--server` must name a Countermark service"
    exit_code = 89
    status = 0  # of HTTP; 0: it answered what is not understood


class ServerUnreachable(CountermarkError):
    """A verification service could not be reached, or hung."""

    advice = "see that the address is right and the service runs; nothing was lost, ask again"
    exit_code = 90


class StreamUnavailable(CountermarkError):
    """A broker of submissions can't be reached, or refuses."""

    advice = "see that it runs, that topic or stream is there, and that its keys are given: docs/streams.md"
    exit_code = 98
