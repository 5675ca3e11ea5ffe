#!/bin/sh
# Starts the server from environment variables: in the container, and anywhere else.
#
#   CONVONET_ROOT        the folder with images and runs; default: /data
#   CONVONET_HOST        where to listen; default: 127.0.0.1
#   CONVONET_PORT        default: 8765
#   CONVONET_WORKERS     processes that answer predictions; default: 1
#   CONVONET_JOBS        trainings and searches at work at one time; default: 1
#   CONVONET_NAME        the name under which a proxy is reached
#   CONVONET_TOKEN       the token; CONVONET_TOKEN_FILE names a file that holds it
#
# Further options of `convonet serve` are passed on.
set -eu

if [ -n "${CONVONET_TOKEN_FILE:-}" ]; then
  CONVONET_TOKEN=$(cat "$CONVONET_TOKEN_FILE")
  export CONVONET_TOKEN
fi
set -- --root "${CONVONET_ROOT:-/data}" --host "${CONVONET_HOST:-127.0.0.1}" --port "${CONVONET_PORT:-8765}" \
  --workers "${CONVONET_WORKERS:-1}" --jobs "${CONVONET_JOBS:-1}" "$@"
if [ -n "${CONVONET_NAME:-}" ]; then
  set -- "$@" --allow-host "$CONVONET_NAME"
fi
# The server takes this process's number: signals to end or to exchange workers reach it.
exec "${CONVONET_PYTHON:-python}" -m convonet serve "$@"
