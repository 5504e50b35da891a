"""One call of the model for all that is asked within one turn of the event loop.

Nobody waits for company: what has arrived when the loop comes round is scored together, be it one request or sixteen.
A call costs as much for sixteen rows as for two, nearly, so the processor's time for each falls as load rises.

Shapes: N changes, C catalogue columns.
"""

import asyncio

import numpy as np
from numpy.typing import NDArray

from serving.scoring.scorer import Scorer

MAX_ROWS = 256
"""Rows of one call."""

_Asked = tuple[Scorer, NDArray[np.float64], "asyncio.Future[NDArray[np.float64]]"]


class Together:
    """Gathers rows, and scores them. Used from one event loop."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []

    async def risks(self, scorer: Scorer, values_NC: NDArray[np.float64]) -> NDArray[np.float64]:
        """Risks (float64 array_N) of raw features without texts; as `Scorer.risks`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[NDArray[np.float64]] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._answer)
        self._asked.append((scorer, values_NC, future))
        return await future

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        while asked:
            scorer, count, rows = asked[0][0], 0, 0
            for other, values_NC, _ in asked:
                if other is not scorer or (count and rows + len(values_NC) > MAX_ROWS):
                    break
                count, rows = count + 1, rows + len(values_NC)
            _score(scorer, asked[:count])
            asked = asked[count:]


def _score(scorer: Scorer, asked: list[_Asked]) -> None:
    values_NC = asked[0][1] if len(asked) == 1 else np.concatenate([values for _, values, _ in asked])
    risk_N, at = scorer.risks(values_NC), 0
    for _, values, future in asked:
        if not future.done():  # whoever asked may have gone
            future.set_result(risk_N[at : at + len(values)])
        at += len(values)
