"""`Watched`: looks at the predictions every few minutes, in a process of its own, and answers from what it found.

That process is `faultcast monitor`: its tests need SciPy and pandas, 200 MB that the server has no room for, and
seconds that no request should wait. Counts are taken here, when they are asked for.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from faultcast.adapters import monitoring_results
from faultcast.adapters.prediction_log import PredictionLog
from faultcast.monitoring.stats import stats
from faultcast.settings import Settings, for_child

LOOK_SECONDS = 240.0
"""How long a look may take."""
FIRST_SECONDS = 30.0
"""After its start a server has better things to do."""
FRESH_SECONDS = 5.0
"""Counts are taken anew when they are older than this."""
_SHOWN = ("outcome", "text", "changes", "min_changes", "since", "until")
_NICE = 10
_LIMIT = 20_000

logger = logging.getLogger(__name__)


class Watched:
    """See `parts.Monitoring`.

    Args:
        settings: how often, and over how many hours.
        log: what was predicted.
        location: the repository, path or URL; empty: that of the last run.
        tell: told how many features have drifted after each look, None where that is unknown.
    """

    def __init__(
        self, settings: Settings, log: PredictionLog, location: str, tell: Callable[[int | None], None]
    ) -> None:
        self._settings = settings
        self._log = log
        self._location = location
        self._tell = tell
        self._found: Mapping[str, Any] = monitoring_results.newest(settings.home.resolve()) or {}
        self._counted: tuple[float, dict[str, Any]] = (-FRESH_SECONDS, {})
        self._counting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look; returns at once."""
        if self._settings.monitoring_interval_seconds:
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End; a look that is under way is given up."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def drift(self) -> Mapping[str, Any]:
        """What the newest look found of drift."""
        found = self._found.get("drift") or {}
        return {
            "status": found.get("status", "unknown"),
            "drift_detected": found.get("drift_detected"),
            "drifted_feature_count": found.get("drifted_feature_count"),
            "drifted_features": found.get("drifted_features", []),
            "checked_at": self._found.get("evaluated_at"),
            "details": {
                "model": self._found.get("model", {}),
                **{name: found[name] for name in _SHOWN if name in found},
                "columns": found.get("columns", {}),
            },
        }

    async def stats(self) -> Mapping[str, Any]:
        """Counts of the last hours as they are now, and what the newest look found once labels had come."""
        async with self._counting:
            if time.monotonic() - self._counted[0] > FRESH_SECONDS:
                self._counted = (time.monotonic(), await asyncio.to_thread(self._count))
        counted = self._counted[1]
        return {
            "predictions": counted["predictions"]["total"],
            "window_hours": self._settings.monitoring_lookback_hours,
            "details": counted | {"performance": self._found.get("performance", [])},
        }

    def _count(self) -> dict[str, Any]:
        now = time.time()
        window = self._log.window(now - self._settings.monitoring_lookback_hours * 3600, now, limit=_LIMIT)
        return stats(window) | {"log": self._log.state()}

    async def _watch(self) -> None:
        await asyncio.sleep(min(FIRST_SECONDS, self._settings.monitoring_interval_seconds))
        while True:
            found = await self._look()
            if found:
                self._found = found
                self._tell(found["drift"]["drifted_feature_count"])
            await asyncio.sleep(self._settings.monitoring_interval_seconds)

    async def _look(self) -> dict[str, Any]:
        """What a look found; nothing where it failed, which is told and tried again at the next."""
        asked = [self._location] if self._location else []
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "faultcast", "monitor", *asked, "--json", "--quiet",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=for_child(self._settings, keep=("prediction_log",)),
        )  # fmt: skip
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                told, trouble = await process.communicate()
            found = json.loads(told) if process.returncode == 0 else {}
        except (TimeoutError, ValueError):
            found, trouble = {}, b"no answer in time, or none that can be read"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if not found:
            last = trouble.decode("utf-8", "replace").strip().splitlines()[-1:]
            logger.warning("monitoring: a look failed: %s", "".join(last)[:300])
        return found if isinstance(found, dict) else {}
