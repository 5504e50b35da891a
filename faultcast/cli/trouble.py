"""What the operating system refused, said as one of our errors."""

import errno

from faultcast.errors import FaultcastError, UsageError, out_of_space

_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def told(error: FaultcastError | OSError) -> FaultcastError | None:
    """Return the error to tell the user; `None` where nothing better than a traceback can be said."""
    if full := out_of_space(error):
        return full
    if isinstance(error, FaultcastError):
        return error
    if error.errno in _REFUSED:
        where = f" at {error.filename}" if error.filename else ""
        return UsageError(
            f"{error.strerror}{where}. Give this user the right to it, or set FAULTCAST_HOME to a folder that can be "
            "written."
        )
    return None
