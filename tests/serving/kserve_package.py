"""KServe's package, imported once: it reads the process's arguments while it is imported, and pytest has some too."""

import sys

_arguments, sys.argv = sys.argv, sys.argv[:1]
try:
    import kserve
finally:
    sys.argv = _arguments

__all__ = ["kserve"]
