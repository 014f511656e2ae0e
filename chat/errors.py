"""What can be refused, and in which words. Doors turn it into a fragment or an HTTP answer, each in one place."""


class Refused(Exception):
    """A request that was understood and is not carried out. Its text is a sentence for the person who asked."""

    status = 400  # as HTTP says it


class Forbidden(Refused):
    status = 403


class TooFast(Refused):
    status = 429


class Ended(Exception):
    """This socket can't go on; its text is the reason, for the person."""
