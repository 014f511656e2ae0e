from chat.errors import Forbidden
from chat.policy import Verdict


def demand(verdict: Verdict) -> None:
    """Raises Forbidden, with the reason, where the verdict is no."""
    if not verdict:
        raise Forbidden(verdict.why)
