"""The terminal face: ``faultcast COMMAND …``.

Data goes to stdout, everything else to stderr. Commands are imported when they are called, so that
``--help`` answers at once.

Exit codes: 0 done; 1 a stage failed; 2 wrong usage; 3 the repository cannot be read; 4 done, but too
few samples for a model; 5 a model was refused; 6 nothing found where a run was expected; 7 disk full;
8 another system does not answer; 9 done, but no model passed the gates; 10 done, but riskier than
``--fail-above`` allows; 130 interrupted.
"""

import json
import sys
from collections.abc import Sequence

from faultcast.cli.parser import build
from faultcast.cli.trouble import told
from faultcast.errors import FaultcastError

INTERRUPTED = 130
NOT_PASSED = 9
TOO_RISKY = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = build().parse_args(arguments)
    try:
        return int(options.command(options))
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        sys.stderr.close()
        return 0
    except (FaultcastError, OSError) as error:
        known = told(error)
        if known is None:
            raise
        _complain(str(known), options.json, type(known).__name__, known.exit_code)
        return known.exit_code
    except KeyboardInterrupt:
        _complain(
            "Interrupted. Finished stages are kept: run again to go on.", options.json, "Interrupted", INTERRUPTED
        )
        return INTERRUPTED


def _complain(message: str, as_json: bool, kind: str, code: int) -> None:
    print(f"faultcast: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"type": kind, "message": message, "exit_code": code}}))
