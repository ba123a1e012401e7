#!/usr/bin/env bash
# Copy everything that git knows, or would take, to a folder: scripts/copy.sh FOLDER
set -euo pipefail
mkdir -p "$1"
to=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --files-from=- --file=- |
  tar --extract --directory="$to"
