"""What Feast knows about changes: two entities, three feature views, two feature services.

Feast executes every Python file of this folder, so nothing else lives here. Paths are relative to
the folder that holds the data (Feast's `repo_path`, or `offline_store.data`), so that one set of
definitions serves every repository and both twins, embedded and cluster.

`created` is the instant at which a row became *known*. Read training data back with
`filter_by_created_timestamp=True`, or a label found next year leaks into a row of today.
No view has a `ttl`: what was measured at a commit stays true of it, however long ago it was written.
"""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Bool, Float64, Int64, String

from faultcast.features.catalogue import CATALOGUE

FEAST_TYPES = {"int64": Int64, "float64": Float64, "bool": Bool}
NO_TTL = timedelta(0)

repository = Entity(name="repository", value_type=ValueType.STRING, description="which code base")
commit = Entity(name="commit", value_type=ValueType.STRING, description="full commit id")
KEY_FIELDS = [Field(name="repository", dtype=String), Field(name="commit", dtype=String)]

features_source = FileSource(
    name="features", path="features.parquet", timestamp_field="event_timestamp", created_timestamp_column="created"
)
labels_source = FileSource(
    name="labels", path="labels.parquet", timestamp_field="event_timestamp", created_timestamp_column="created"
)

change_features = FeatureView(
    name="change_features",
    description="the feature catalogue: numbers known the moment a change was committed",
    entities=[repository, commit],
    ttl=NO_TTL,
    schema=[
        *KEY_FIELDS,
        *(
            Field(name=feature.name, dtype=FEAST_TYPES[feature.dtype], description=feature.meaning)
            for feature in CATALOGUE
        ),
    ],
    source=features_source,
)

change_text = FeatureView(
    name="change_text",
    description="message and marked diff lines, author (a pseudonym) and subject of a change",
    entities=[repository, commit],
    ttl=NO_TTL,
    schema=[*KEY_FIELDS, *(Field(name=name, dtype=String) for name in ("text", "author", "subject"))],
    source=features_source,
)

change_labels = FeatureView(
    name="change_labels",
    description="whether a change introduced a fault, as far as was known at an instant",
    entities=[repository, commit],
    ttl=NO_TTL,
    schema=[
        *KEY_FIELDS,
        Field(name="label", dtype=Int64, description="1 inducing, 0 clean"),
        Field(name="confidence", dtype=Float64, description="how sure, 0..1"),
        Field(name="fix", dtype=String, description="the first fix of an inducing change"),
        Field(name="rule", dtype=String, description="the rule that decided"),
    ],
    source=labels_source,
    online=False,  # what is being forecast has no place in a request
)

training = FeatureService(
    name="training",
    description="what a model learns from",
    features=[change_features, change_text, change_labels[["label", "confidence"]]],
)
serving = FeatureService(
    name="serving", description="what a model is asked about", features=[change_features, change_text]
)
