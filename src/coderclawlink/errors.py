"""What can go wrong, as five families. Rooms subclass them; only the edges translate them for their readers.

    ClawlinkError
    ├── NotFound      it is not there, or not yours to see        HTTP 404
    ├── Denied        it is there, and you may not                HTTP 403 (401 for NotSignedIn)
    │   └── NotSignedIn
    ├── Invalid       the request makes no sense as it stands     HTTP 422 (400 for BadRequest)
    │   └── BadRequest
    ├── Conflict      it makes sense, but not in this state       HTTP 409
    └── Unavailable   something we need does not answer           HTTP 503 (429 for TooOften)
        └── TooOften

The first line of a class's docstring is its default message.
"""


class ClawlinkError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        doc = type(self).__doc__ or ClawlinkError.__doc__ or ""
        self.message = message or doc.splitlines()[0]
        super().__init__(self.message)


class NotFound(ClawlinkError):
    """Not found."""


class Denied(ClawlinkError):
    """Permission denied."""


class NotSignedIn(Denied):
    """Sign in first."""


class Invalid(ClawlinkError):
    """The request is not valid."""


class BadRequest(Invalid):
    """That cannot be asked for here."""


class Conflict(ClawlinkError):
    """That is not possible in the present state."""


class Unavailable(ClawlinkError):
    """A part that is needed does not answer."""


class TooOften(Unavailable):
    """That was tried too often."""

    def __init__(self, message: str | None = None, *, retry_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds
