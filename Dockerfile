# syntax=docker/dockerfile:1
#
# One file, three images. Target = extra in pyproject.toml = key under `images` in helm/faultcast/values.yaml. Each has
# the extra `cluster`, too: the clients of what machines share (Redis, PostgreSQL).
#
#   docker build --target pipeline -t faultcast/pipeline:0.1.0 .    steps of the pipeline: git, kfp, no torch
#   docker build --target training -t faultcast/training:0.1.0 .    training, CUDA torch
#   docker build --target serving  -t faultcast/serving:0.1.0  .    model server: ONNX Runtime; no git, no kfp, no torch
#
# For a release, pin the base by digest: --build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:<digest>
ARG BASE_IMAGE=python:3.11-slim-bookworm
# The training image's base. PyPI's torch brings its own CUDA libraries, so only the node's driver is needed;
# another base must have Python 3.11 at the same place (/usr/local/bin/python).
ARG TRAINING_BASE_IMAGE=${BASE_IMAGE}

# ---- what every build stage starts from -------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY faultcast ./faultcast
COPY components ./components
COPY pipelines ./pipelines
COPY serving ./serving
COPY feature_repo ./feature_repo

# ---- one virtual environment a role -----------------------------------------------------------------------------
FROM source AS build-pipeline
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt ".[pipeline,cluster]"

FROM ${TRAINING_BASE_IMAGE} AS build-training
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY --from=source /src ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt ".[training,cluster]"

FROM source AS build-serving
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt ".[serving,cluster]"

# ---- the images -------------------------------------------------------------------------------------------------
# Files belong to root, the process is user 65532 (a number, so that Kubernetes can see that it is not root).
# Nothing is written but in /tmp: all three run with a read-only root file system.
FROM ${BASE_IMAGE} AS pipeline
LABEL org.opencontainers.image.title="faultcast-pipeline" \
      org.opencontainers.image.description="Steps of the faultcast pipeline" \
      org.opencontainers.image.licenses="MIT"
# The version of git follows the base image, which is what gets pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-pipeline /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp FAULTCAST_HOME=/tmp/faultcast
WORKDIR /tmp
USER 65532:65532
# No entry point: Kubeflow Pipelines gives each step its own command.
CMD ["faultcast", "--help"]

FROM ${TRAINING_BASE_IMAGE} AS training
LABEL org.opencontainers.image.title="faultcast-training" \
      org.opencontainers.image.description="Training of faultcast models on GPUs" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build-training /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp FAULTCAST_HOME=/tmp/faultcast
WORKDIR /tmp
USER 65532:65532
CMD ["python", "-m", "faultcast.training", "--help"]

FROM ${BASE_IMAGE} AS serving
LABEL org.opencontainers.image.title="faultcast-serving" \
      org.opencontainers.image.description="KServe model server for faultcast models" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build-serving /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp FAULTCAST_HOME=/tmp/faultcast
WORKDIR /tmp
USER 65532:65532
EXPOSE 8080
# No HEALTHCHECK: Kubernetes probes /v2/health/live and /v2/health/ready.
CMD ["python", "-m", "serving", "--model-dir", "/mnt/models", "--host", "0.0.0.0", "--port", "8080"]
