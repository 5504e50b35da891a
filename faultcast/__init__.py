"""Forecasts faults in code: how risky the next change is, why, and where.

The stages, in order, and where what they do is decided:

    mine         history/             one pass over a repository's history, nothing checked out or run
    label        labels/              which commits repaired a fault, which introduced it, known since when
    describe     measures/ features/  a change in numbers and words, from what was known before it
    materialize  adapters/            the feature store, offline and online
    assemble     dataset/             a point-in-time join, split by time with a gap
    train        training/ models/    `simple` and `hybrid`, as artifacts that cannot run code
    validate     validation/          judged on later history, beside lines added alone
    register     adapters/            a model that passed becomes the champion; one that did not: archive
    deploy       adapters/            the champion reaches its InferenceService, where there is one
    score        models/              risk, band and reasons of the newest changes
    report       report/              one self-contained page

`records` holds the nouns, `errors` all that can go wrong, `settings` everything that can be set,
`steps` one function a stage; `cli` is the terminal, and `demo` writes a history with a known truth.
"""

__version__ = "0.1.0"
