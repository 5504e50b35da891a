"""The outside world, one system a file or package; adapters do not know one another.

registry/                    MLflow: runs, versions, aliases, the promotion log;  trials.py  a search's trials there
feature_store.py             Feast; asof_offline_store.py, asof_join.py  its offline half;  feature_places.py
stored_changes.py            what Feast holds online, without Feast;  served_models.py  aliases, without MLflow
prediction_log/              predictions and votes, in SQLite or PostgreSQL;  response_cache.py  answers in Redis
repositories.py, trackers/   git locations and issue trackers
streams/                     Kafka, Kinesis, and the broker embedded in `home`
trainer.py, inference_service.py, kubernetes_api.py    Kubeflow Trainer, KServe, and the one client of their API
oidc.py, gateway.py          an issuer's keys;  a running gateway, as `watch` asks it
places.py, runs.py, run_changes.py, label_tables.py, touched_cache.py, state_files.py, state_bucket.py, traces.py,
monitoring_results.py
                             where state lies, what runs and looks left;  sqlite.py, lock.py  how files are kept, held
"""
