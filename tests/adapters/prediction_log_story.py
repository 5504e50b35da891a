"""Predictions to keep, told by number, and databases to keep them in."""

from faultcast.records import Band, LoggedPrediction

NOON = 1_700_000_000.0


def told(number: int, run: str = "p", **changed: object) -> LoggedPrediction:
    """The prediction of this number; each is another, and the same number is always the same."""
    known = {
        "prediction_id": f"{run}-{number:06d}",
        "at": NOON + number,
        "repository": "shop.git-ffe33b87",
        "commit": f"{number:040x}",
        "risk": number % 1000 / 1000,
        "band": Band.MEDIUM,
        "model_name": "faultcast-shop",
        "model_version": "3",
        "alias": "champion",
        "input_digest": "d" * 64,
        "features": {"lines_added": number, "is_fix": number % 2 == 0, "age_days": None, "entropy": 0.1},
        "assumed": ("author",) if number % 3 else (),
        "request_id": f"request-{number}",
        "principal": "a1b2",
        "latency_seconds": 0.004,
    }
    return LoggedPrediction(**known | changed)
