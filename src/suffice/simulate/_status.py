"""What became of a simulated row."""

import enum


class Status(enum.IntEnum):
    """The state of one row: `OK`, or why it cannot be used.

    >>> Status(2).name, int(Status.OK)
    ('RAISED', 0)
    """

    OK = 0
    NONFINITE = 1
    RAISED = 2
    TIMEOUT = 3


# In a store: the row has not been simulated yet.
UNDONE = -1

IN_WORDS = {
    Status.NONFINITE: "gave non-finite numbers",
    Status.RAISED: "raised an error",
    Status.TIMEOUT: "ran out of time",
}
