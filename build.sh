#!/usr/bin/env bash
# Everything a newcomer needs. On a machine with any Node >= 20 and npm, each verb is enough by itself.
#   ./build.sh demo    install what is missing, then run the main job on an embedded broker
#   ./build.sh check   install, type-check, lint
#   ./build.sh test    check, then run every test
#   ./build.sh package [amd64|arm64]   make the Debian package in dist/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

install() {
  command -v npm >/dev/null || { echo "build.sh: npm is missing. Install Node.js 20 or later, with npm." >&2; exit 1; }
  # The stamp holds the lockfile that node_modules was made from, so that a second run starts at once.
  if ! cmp -s package-lock.json node_modules/.ballast-lock; then
    echo "Installing dependencies ..."
    npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.ballast-lock
  fi
  # From here on everything runs on the pinned Node that npm just installed.
  export PATH="$PWD/node_modules/.bin:$PATH"
}

check() {
  echo "Type-check ..."
  tsc -p tsconfig.json
  tsc -p tsconfig.browser.json
  echo "Lint ..."
  biome check --error-on-warnings .
}

case "${1:-}" in
  demo) install; shift; exec node test/demo.ts "$@" ;;
  check) install; check ;;
  test) install; check; shift; exec node test/run.ts "$@" ;;
  package) install; shift; umask 022; exec node packaging/deb.ts "$@" ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
