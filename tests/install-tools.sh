#!/bin/sh
# Install what the tests need besides Python packages: tests/install-tools.sh PYTHON
set -eu
python=$1

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  if command -v apt-get >/dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null
  else
    echo "found no chromium with chromedriver on PATH: install them, the tests open pages in a real browser" >&2
    exit 1
  fi
fi

"$python" tests/kubernetes/tools.py
