#!/bin/sh
# Checks format and rules of the JavaScript of pages where Node.js is; `--write` formats it.
set -eu
cd "$(dirname "$0")"
skip() {
  echo "The pages' JavaScript is not checked: $1"
  # A machine that checks every change must check this too.
  [ -z "${CI:-}" ]
}
if ! command -v npm >/dev/null; then
  skip "Node.js is not installed"
  exit
fi
# The stamp is older than the list of tools when another version is wanted.
if [ ! node_modules/.stamp -nt package.json ]; then
  if ! npm install --silent --no-package-lock --no-audit --no-fund; then
    skip "its tools could not be fetched"
    exit
  fi
  touch node_modules/.stamp
fi
# All of it, in whatever room; no name has a blank.
exec node_modules/.bin/biome check --error-on-warnings "$@" $(find ../../src/convonet -name "*.js")
