"""What a pool of workers says when it cannot go on."""

from deepvis.core.user_error import UserError


class JobError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""
