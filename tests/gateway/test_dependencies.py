"""Each system that the gateway leans on is taken away under load, for real: Redis, PostgreSQL, MLflow's database, the
feature store, the model's files. Predictions go on, or say when to come back; and a gateway is alive all along.
"""

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest
import redis
from feature_servers import PASSWORD, postgres, redis_server
from gateway_story import RECOVERY_SECONDS, Asking, all_good, gateway, honest, until
from loopback import free_port

SLOW_SECONDS = 5.0
"""No answer may take longer, whatever is away; a liveness probe least of all."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A gateway with a Redis, a PostgreSQL, a registry, a feature store and model files, each of which can be away."""
    from fleet_story import home_of

    folder = tmp_path_factory.mktemp("shop")
    found = home_of(folder)
    commit = materialize(found)
    with ExitStack() as stack:
        log, port = stack.enter_context(postgres()), free_port()
        cache, database = Switched(lambda: redis_server(port)), Switched(log.started)
        for one in (cache, database):
            stack.callback(one.off)
            one.on()
        settings = {
            "cache": f"redis://:{PASSWORD}@127.0.0.1:{port}/0",
            "prediction_log": log.libpq,
        }
        running = stack.enter_context(gateway(found.now.home, folder / "log", **settings))
        yield SimpleNamespace(
            url=running.url, process=running.process, found=found, commit=commit, cache=cache, database=database,
            redis_port=port, libpq=log.libpq, log=folder / "log",
        )  # fmt: skip


class Switched:
    """A server that is on or off."""

    def __init__(self, start):
        self.start = start
        self._running = ExitStack()

    def on(self):
        self._running.enter_context(self.start())

    def off(self):
        self._running.close()


def materialize(found):
    """Put a commit into the feature store of the run; returns it."""
    from feature_tables import commit, write_features, write_labels

    from faultcast.adapters import feature_store

    features = write_features(found.places.folder / "features.parquet", {1: 0, 2: 1})
    labels = write_labels(found.places.folder / "labels.parquet", [(1, 1, 0)])
    feature_store.materialize(found.places.feature_store, features, labels)
    return {"commit": commit(2), "repository": "shop"}


@contextmanager
def asking(cluster):
    """Load all along; at the end, no answer was dishonest or slow, and the gateway was alive at every moment."""
    with Asking(cluster.url) as load:
        assert all_good(load.for_a_while())
        yield load
        assert all_good(load.for_a_while())
    honest(load.answers)
    assert max(answer.seconds for answer in load.answers) < SLOW_SECONDS
    assert {status for status, _ in load.alive} == {200}
    assert max(seconds for _, seconds in load.alive) < SLOW_SECONDS
    assert cluster.process.poll() is None


@contextmanager
def away(path):
    """A file or a folder that is somewhere else for a while."""
    elsewhere = path.with_name(f"{path.name}.away")
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)


def test_without_redis_predictions_go_on(cluster):
    with asking(cluster) as load:
        cluster.cache.off()
        assert all_good(load.for_a_while(3))
        cluster.cache.on()
        with redis.Redis("127.0.0.1", cluster.redis_port, password=PASSWORD) as client:
            until(client.dbsize, RECOVERY_SECONDS)


def test_without_postgresql_predictions_go_on_or_say_when_to_come_back_and_none_is_lost(cluster):
    with asking(cluster) as load:
        mark = load.now()
        cluster.database.off()
        honest(load.for_a_while(4))
        cluster.database.on()
        load.until_good(load.now())
        told = {answer.told["prediction_id"] for answer in load.since(mark) if answer.status == 200}
        assert told
    with psycopg.connect(cluster.libpq) as connection:
        [(table,)] = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = 'prediction_id' AND table_name LIKE '%predictions'"
        ).fetchall()

        def missing():
            rows = connection.execute(f"SELECT prediction_id FROM {table}").fetchall()
            return told - {str(one) for (one,) in rows}

        until(lambda: not missing(), RECOVERY_SECONDS)


def test_without_the_registry_predictions_go_on_and_a_promotion_arrives_once_it_is_back(cluster):
    from fleet_story import faultcast

    with asking(cluster) as load:
        with away(cluster.found.now.home / "mlflow.db"):
            assert all_good(load.for_a_while(3))
            refused = httpx.post(f"{cluster.url}/models/champion/reload", timeout=60)
            assert refused.status_code in (200, 503), refused.text
            assert refused.status_code == 200 or refused.headers["Retry-After"]
        before = load.for_a_while()[-1].version
        faultcast(cluster.found, "promote", "--version", "2", "--to", "champion", "--why", "better")
        until(lambda: load.answers[-1].version == "2", RECOVERY_SECONDS)
        assert before == "1"
        assert all_good(load.answers)


def test_without_the_feature_store_what_is_sent_whole_is_answered(cluster):
    def known():
        return httpx.post(f"{cluster.url}/predict", json=cluster.commit, timeout=20)

    assert known().status_code == 200
    with asking(cluster) as load:
        store = cluster.found.places.feature_store
        with redis.Redis("127.0.0.1", cluster.redis_port, password=PASSWORD) as client, away(store):
            client.flushall()  # or it would be answered from the cache
            assert all_good(load.for_a_while(2))
            refused = known()
            assert refused.status_code == 404 or (refused.status_code == 503 and refused.headers["Retry-After"])
            assert str(store) not in refused.text, "a message to a stranger shows no path"
        until(lambda: known().status_code == 200, RECOVERY_SECONDS)


def test_without_the_models_files_the_model_that_is_loaded_goes_on(cluster):
    with asking(cluster) as load:
        folder = served_folder(cluster)
        with away(folder):
            assert all_good(load.for_a_while(2))
            refused = httpx.post(f"{cluster.url}/models/champion/reload", timeout=60)
            assert 400 <= refused.status_code < 600
            assert refused.status_code != 500
            assert str(cluster.found.now.home) not in refused.text
            assert all_good(load.for_a_while(1))
        again = httpx.post(f"{cluster.url}/models/champion/reload", timeout=60)
        assert again.status_code == 200, again.text
        assert all_good(load.answers)


def served_folder(cluster):
    """Where the champion's files lie."""
    remembered = json.loads((cluster.found.places.folder / "served.json").read_text())
    return Path(remembered["versions"][remembered["aliases"]["champion"]]["folder"])


def test_no_trace_and_no_secret_in_the_log(cluster):
    written = cluster.log.read_text()
    assert "Traceback" not in written
    assert PASSWORD not in written
