"""``python -m pipelines.recurring --host URL --repository URL --cron "0 3 * * 1"``: retrain on a schedule.

Gives Kubeflow Pipelines a recurring run of the pipeline `retraining`, which learns from the branch's newest commit
each time; tasks whose inputs are unchanged are taken from its cache. One of that name that is already as asked for is
left alone, one that differs is replaced, so this can be typed again, and stand in a script.

The cron expression is in UTC, with five fields as everywhere or six with seconds first; Kubeflow wants six.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import kfp_server_api
import urllib3
from kfp import client as kfp_client

from faultcast.errors import FaultcastError, Unavailable, UsageError
from pipelines.compile import COMPILED

PACKAGE = COMPILED / "retraining.yaml"
_AWAY = (urllib3.exceptions.HTTPError, kfp_server_api.ApiException)
_MARK = "faultcast "
"""Begins the description, which ends with a digest of all that was asked for."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring run. `cron` has five fields, or six with seconds first."""

    name: str
    cron: str
    parameters: dict[str, object]
    experiment: str = "faultcast"
    service_account: str = ""
    enabled: bool = True
    namespace: str = field(default="kubeflow")

    def description(self) -> str:
        told = [PACKAGE.read_text("utf-8"), self.cron, self.parameters, self.service_account, self.enabled]
        return _MARK + hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def six_fields(self) -> str:
        """The expression with seconds: with five, Kubeflow would take minutes for seconds.

        Raises:
            UsageError: it has another number of fields.
        """
        fields = self.cron.split()
        if len(fields) not in {5, 6}:
            raise UsageError(f"--cron {self.cron!r}: found {len(fields)} fields, expected 5, or 6 with seconds first")
        return " ".join(fields if len(fields) == 6 else ["0", *fields])


def schedule(client: Any, wanted: Schedule) -> tuple[str, str]:
    """Make it so; returns ("created" | "replaced" | "unchanged", the recurring run's id).

    The new one is created before the old ones are deleted: killed in between, a second call finds both.
    """
    cron, description = wanted.six_fields(), wanted.description()
    experiment = client.create_experiment(wanted.experiment, namespace=wanted.namespace).experiment_id
    named = _named(client, wanted.name, experiment)
    same = [one for one in named if one.description == description]
    if same:
        state, kept = "unchanged", same[0].recurring_run_id
    else:
        created = client.create_recurring_run(
            experiment_id=experiment,
            job_name=wanted.name,
            description=description,
            cron_expression=cron,
            max_concurrency=1,
            no_catchup=True,  # one retraining makes up for all that were missed
            params=wanted.parameters,
            pipeline_package_path=str(PACKAGE),
            enabled=wanted.enabled,
            service_account=wanted.service_account or None,
        )
        state, kept = "replaced" if named else "created", created.recurring_run_id
    for other in named:
        if other.recurring_run_id != kept:
            client.delete_recurring_run(other.recurring_run_id)
    return state, kept


def _named(client: Any, name: str, experiment: str) -> list[Any]:
    wanted = {"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]}
    found: list[Any] = []
    token = ""
    while True:
        page = client.list_recurring_runs(
            page_token=token, page_size=100, experiment_id=experiment, filter=json.dumps(wanted)
        )
        found += page.recurring_runs or []
        token = page.next_page_token or ""
        if not token:
            return [one for one in found if one.display_name == name]


def connect(host: str, namespace: str) -> Any:
    """A client of Kubeflow Pipelines; a token, where one is needed, comes from the variable KF_PIPELINES_SA_TOKEN_PATH.

    Raises:
        Unavailable: it does not answer.
    """
    try:
        return kfp_client.Client(host=host, namespace=namespace)
    except (OSError, RuntimeError, ValueError, *_AWAY) as error:
        raise Unavailable(f"{host}: Kubeflow Pipelines does not answer ({error})") from error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.recurring",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", required=True, help="address of Kubeflow Pipelines' API")
    parser.add_argument("--repository", required=True, help="https URL of the repository to learn from")
    parser.add_argument("--cron", required=True, help='when, in UTC, such as "0 3 * * 1": Mondays at three')
    parser.add_argument("--branch", default="HEAD", help="whose newest commit (default: %(default)s)")
    parser.add_argument("--name", default="faultcast-retraining", help="of the recurring run (default: %(default)s)")
    parser.add_argument("--experiment", default="faultcast", help="it belongs to (default: %(default)s)")
    parser.add_argument("--namespace", default="kubeflow", help="of the experiment (default: %(default)s)")
    parser.add_argument("--service-account", default="", help="that its pods run as, such as faultcast-pipeline")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=JSON", help="another parameter of the pipeline"
    )
    parser.add_argument("--disabled", action="store_true", help="create it, but let it rest")
    asked = parser.parse_args(arguments)
    try:
        parameters = {"repository": asked.repository, "branch": asked.branch} | _parameters(asked.parameter)
        wanted = Schedule(
            asked.name, asked.cron, parameters, asked.experiment, asked.service_account,
            enabled=not asked.disabled, namespace=asked.namespace,
        )  # fmt: skip
        wanted.six_fields()  # before anybody is asked
        state, kept = schedule(connect(asked.host, asked.namespace), wanted)
    except _AWAY as error:
        sys.stderr.write(f"{asked.host}: Kubeflow Pipelines did not do what was asked ({error})\n")
        return Unavailable.exit_code
    except FaultcastError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{state} {asked.name} ({kept})\n")
    return 0


def _parameters(given: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for text in given:
        name, is_given, value = text.partition("=")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
        if not is_given:
            raise UsageError(f"--parameter {text}: expected NAME=VALUE, such as seed=8")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
