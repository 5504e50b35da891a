#!/bin/sh
# Install what the tests need besides Python packages: tests/install-tools.sh PYTHON
set -eu
python=$1

missing=
command -v chromium >/dev/null && command -v chromedriver >/dev/null || missing="chromium chromium-driver fonts-dejavu-core"
command -v openssl >/dev/null || missing="$missing openssl"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || missing="$missing redis-server"
command -v prometheus >/dev/null || missing="$missing prometheus"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"

if [ -n "$missing" ]; then
  if command -v apt-get >/dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "not on PATH: $missing. Install them: the tests open pages in a real browser, clone over real https, and fill real databases" >&2
    exit 1
  fi
fi

"$python" tests/kubernetes/tools.py
