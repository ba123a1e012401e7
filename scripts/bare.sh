#!/usr/bin/env bash
# The proof that README's two commands need Python with pip and nothing else.
#
# With root and debootstrap: a fresh Debian of the smallest kind, plus python3 and python3-pip, in
# a folder of its own. Otherwise: this machine with an empty environment and an empty PATH.
# Prints the seconds of the build, of regenerating, and of the tests.
#
#   scripts/bare.sh [SUITE [FOLDER]]
#
# SUITE is bookworm by default, whose Python is 3.11; trixie has 3.13. FOLDER, which must not exist,
# gets the working tree with all that was built and generated there.
set -euo pipefail

suite=${1:-bookworm}
kept=${2:-}
top=$(cd "$(dirname "$0")/.." && pwd)
box=$(mktemp -d "${TMPDIR:-/tmp}/cmgdocs-bare.XXXXXX")
trap 'rm -rf "$box"' EXIT

# First of all, as one picture of the working tree: what runs alongside may change it later.
"$top/scripts/copy.sh" "$box/src"

timed() { # $1: label, then a command; its output goes to a file and is shown if it fails
  local label=$1 start=$EPOCHREALTIME
  shift
  if ! "$@" >"$box/out.txt" 2>&1; then
    cat "$box/out.txt"
    echo "bare: $label failed, see above" >&2
    exit 1
  fi
  awk -v s="$start" -v e="$EPOCHREALTIME" -v l="$label" 'BEGIN { printf "bare: %-12s %5.1f s\n", l, e - s }'
}

# What reaches the registry from this machine, if it is unusual: certificates and proxies.
pass=(HOME=/root LANG=C.UTF-8 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1)
for name in SSL_CERT_FILE PIP_CERT PIP_INDEX_URL UV_DEFAULT_INDEX UV_INDEX_URL HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  [ -z "${!name:-}" ] || pass+=("$name=${!name}")
done

if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
  root=$box/root
  timed "debootstrap" debootstrap --variant=minbase --include=python3,python3-pip,ca-certificates "$suite" "$root"
  if [ -n "${SSL_CERT_FILE:-}" ]; then install -D -m 644 "$SSL_CERT_FILE" "$root$SSL_CERT_FILE"; fi
  cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
  mv "$box/src" "$root/src"
  inside() { # one mount namespace for each command, so that nothing stays mounted
    # shellcheck disable=SC2016
    unshare --mount bash -c 'mount -t proc proc "$0/proc" && exec chroot "$0" env -i "${@}"' "$root" \
      PATH=/usr/bin:/bin "${pass[@]}" sh -c 'cd /src && exec "$@"' sh "$@"
  }
  for tool in git cc make dot pdflatex chromium fc-list node uv nox virtualenv; do
    if inside sh -c "command -v $tool" >/dev/null; then
      echo "bare: $tool is there; the proof would prove nothing" >&2
      exit 1
    fi
  done
  python=python3
  echo "bare: Debian $suite, minbase, $(inside python3 --version), pip; no git, compiler, dot, TeX, browser, font tool, node, uv"
else
  echo "bare: no root or no debootstrap, so this machine with an empty environment and PATH instead"
  python=$(python3 -c 'import sys; print(sys.executable)')
  inside() { (cd "$box/src" && env -i PATH= "${pass[@]}" HOME="$box" "$@"); }
fi

timed "build" inside "$python" noxfile.py -s build
grep -E '^(Site|Handbook) ' "$box/out.txt"
timed "regen" inside "$python" noxfile.py -s regen
# Programs, pictures, fonts and PDF depend on the machine; texts made from texts do not.
# The notebooks were run by `regen`, and who calls this compares what it wrote.
timed "tests" inside "$python" noxfile.py -s tests -- -n logical --dist loadfile \
  tests/typstbook tests/test_engine.py tests/test_svg.py tests/test_cli.py
grep -E '^[0-9=].* passed' "$box/out.txt" | tail -n 1
if [ -n "$kept" ]; then mv "${root:-$box}/src" "$kept"; fi
