"""One call of the model for all that is asked within one turn of the event loop.

Nobody waits for company: what has arrived when the loop comes round is scored together, be it one request or sixteen.
A call costs as much for sixteen rows as for two, nearly, so the processor's time for each falls as load rises.

Shapes: N changes, C catalogue columns.
"""

import asyncio

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import BadChange
from serving.scoring.scorer import Scorer
from serving.wire.features import RawRows, are_right

MAX_ROWS = 256
"""Rows of one call."""

_Asked = tuple[Scorer, RawRows, "asyncio.Future[NDArray[np.float64]]"]


class Together:
    """Gathers rows, and scores them. Used from one event loop."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []

    async def risks(self, scorer: Scorer, rows: RawRows) -> NDArray[np.float64]:
        """Risks (float64 array_N) of raw features without texts.

        Raises:
            BadChange: a value is out of its feature's range.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[NDArray[np.float64]] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._answer)
        self._asked.append((scorer, rows, future))
        return await future

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        while asked:
            scorer, count, rows = asked[0][0], 0, 0
            for other, asks, _ in asked:
                if other is not scorer or (count and rows + len(asks.values_NC) > MAX_ROWS):
                    break
                count, rows = count + 1, rows + len(asks.values_NC)
            _score(scorer, asked[:count])
            asked = asked[count:]


def _score(scorer: Scorer, asked: list[_Asked]) -> None:
    values_NC = _gathered(asked)
    if not are_right(values_NC):
        asked = [one for one in asked if _is_right(one)]
        if not asked:
            return
        values_NC = _gathered(asked)
    risk_N, at = scorer.risks(values_NC), 0
    for _, rows, future in asked:
        count = len(rows.values_NC)
        if not future.done():  # whoever asked may have gone
            future.set_result(risk_N[at : at + count])
        at += count


def _gathered(asked: list[_Asked]) -> NDArray[np.float64]:
    return asked[0][1].values_NC if len(asked) == 1 else np.concatenate([rows.values_NC for _, rows, _ in asked])


def _is_right(one: _Asked) -> bool:
    """Whether all values are; if not, whoever asked is told."""
    _, rows, future = one
    try:
        rows.check()
    except BadChange as error:
        if not future.done():
            future.set_exception(error)
        return False
    return True
