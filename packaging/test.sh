#!/usr/bin/env bash
# Sets everything up, with the test tools, and runs every check. Arguments go to the main pytest run.
# All checks run even if one fails; the end says which did. The exit status is 0 only if all passed.
set -euo pipefail
# shellcheck source=packaging/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

setup_only=false
rest=()
for argument in "$@"; do
    if [ "$argument" = --setup-only ]; then setup_only=true; else rest+=("$argument"); fi
done

screen=true # whether there is one to use
packages=()
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    screen=false
    command -v Xvfb >/dev/null || packages+=(xvfb)
    command -v xdotool >/dev/null || packages+=(xdotool)
    command -v xrandr >/dev/null || packages+=(x11-xserver-utils)
fi
set_up test "$ROOT/packaging/requirements-test.txt" ${packages[@]+"${packages[@]}"}

# A second environment, without Qt, proves that drivers and model need none.
noqt="$VENV/noqt"
without_qt() { # drops the pins of Qt, with their hashes; packages that need Qt go with it
    awk '/^[a-z]/ {drop = /^(pyside6|shiboken6|pytest-qt)/} !drop' "$ROOT/packaging/requirements-test.txt"
}
mkdir -p "$noqt"
without_qt >"$noqt/requirements.new"
if ! cmp -s "$noqt/requirements.new" "$noqt/requirements.txt"; then mv "$noqt/requirements.new" "$noqt/requirements.txt"; fi
if ! stamped "$noqt" noqt "$(fingerprint "$noqt/requirements.txt")"; then
    begin
    PYTHON="$VENV/bin/python"
    build_env "$noqt" noqt "$noqt/requirements.txt" --no-deps
    end
fi

# Servers of others that lamps are tried against: a broker and an SNMP agent. Only their own tests need them, so a machine
# where we may not install goes on without. (Both listen on this machine alone as Debian sets them up.)
peers=()
command -v mosquitto >/dev/null || peers+=(mosquitto)
command -v snmpd >/dev/null || peers+=(snmpd)
install_peers() {
    local root
    command -v apt-get >/dev/null && root=$(become_root) || return 1
    apt_get "$root" update || true
    apt_get "$root" install -y --no-install-recommends "${peers[@]}"
}
if ((${#peers[@]} > 0)); then
    begin
    step "Installing ${peers[*]}" install_peers ||
        say "  Not installed: ${peers[*]}. The tests of lamps against them are skipped."
    end
fi

# Stoplight Prism is a TALQ gateway of others. Only its own tests need it, so a machine that cannot get it goes on.
prism=5.14.2
install_prism() {
    local root
    if ! command -v npm >/dev/null; then
        root=$(become_root) || return 1
        apt_get "$root" update || true
        apt_get "$root" install -y --no-install-recommends npm || return 1
    fi
    mkdir -p "$VENV/node"
    npm install --prefix "$VENV/node" --no-audit --no-fund --no-update-notifier --fetch-retries=1 \
        --fetch-retry-mintimeout=1000 "@stoplight/prism-cli@$prism"
}
if [ "$(cat "$VENV/node/stamp" 2>/dev/null || true)" != "$prism" ]; then
    begin
    if step "Installing Stoplight Prism $prism with npm" install_prism; then
        printf '%s\n' "$prism" >"$VENV/node/stamp"
    else
        say "  Prism cannot be had here (npm needs the network): the tests of TALQ lamps against it are skipped."
    fi
    end
fi
if $setup_only; then
    say "Ready: .venv/bin/watchfloor, with the test tools"
    exit 0
fi

xvfb=""
beside="" # the checks that run beside the others, a process group of their own
stop_all() {
    if [ -n "$beside" ]; then kill -- "-$beside" 2>/dev/null || true; wait "$beside" 2>/dev/null || true; beside=""; fi
    if [ -n "$xvfb" ]; then kill "$xvfb" 2>/dev/null || true; wait "$xvfb" 2>/dev/null || true; xvfb=""; fi
}
trap stop_all EXIT
trap 'exit 130' INT TERM HUP
if ! $screen; then
    pipe=$(mktemp -u)
    mkfifo -m 600 "$pipe"
    Xvfb -displayfd 8 -screen 0 1920x1080x24 -nolisten tcp -noreset 8>"$pipe" 2>>"$LOG" &
    xvfb=$!
    # Xvfb picks a free display and writes its number when it is ready.
    if ! read -r -t 30 number <"$pipe"; then die "Xvfb did not start." "See $LOG"; fi
    rm -f "$pipe"
    export DISPLAY=":$number" QT_QPA_PLATFORM=xcb
fi

cd "$ROOT"
results=()
failed=0
report() { # report NAME SECONDS STATUS: remember how a check went
    local verdict=passed
    if (($3 != 0)); then verdict=FAILED; failed=$((failed + 1)); fi
    results+=("$(printf '%-7s %4d s  %s' "$verdict" "$2" "$1")")
}
check() { # check NAME COMMAND...: run it in sight
    local name=$1 start=$SECONDS status=0
    shift
    printf '\n=== %s\n' "$name"
    "$@" || status=$?
    report "$name" $((SECONDS - start)) "$status"
}
unseen() { # unseen COMMAND...: run it with its words in a file; then tell the seconds and the status
    local start=$SECONDS status=0
    "$@" >"$noqt/tests.log" 2>&1 </dev/null || status=$?
    printf '%d %d\n' $((SECONDS - start)) "$status" >"$noqt/tests.end"
}

python="$VENV/bin/python"
# Drivers, model and contracts are tested once, in the environment without Qt. Half of that time is waiting, so it goes on beside the
# other checks; its words are shown when it has ended.
finding=tests/contract/test_find_and_describe.py
apart=(tests/unit/drivers tests/unit/console/model tests/contract)
# These find cameras on this machine, so there must be no others, and want pictures in time: nothing runs beside them.
alone=("$finding" tests/end2end)
rm -f "$noqt/tests.end"
set -m
unseen "$noqt/bin/python" -m pytest -p no:cacheprovider "${apart[@]}" "--ignore=$finding" \
    tests/unit/test_without_qt.py &
beside=$!
set +m

check "ruff check" "$python" -m ruff check .
check "ruff format" "$python" -m ruff format --check .
check "mypy" "$python" -m mypy
check "import contracts" "$VENV/bin/lint-imports"
if ((${#rest[@]} > 0)); then
    check "tests" "$python" -m pytest "${rest[@]}"
else
    check "tests" "$python" -m pytest "${apart[@]/#/--ignore=}" "${alone[@]/#/--ignore=}"
fi

printf '\n=== tests without Qt\n'
wait "$beside" || true
beside=""
cat "$noqt/tests.log"
read -r seconds status <"$noqt/tests.end" || { seconds=0 status=1; }
report "tests without Qt, beside the others" "$seconds" "$status"

if ((${#rest[@]} == 0)); then check "end-to-end tests" "$python" -m pytest "${alone[@]}"; fi

printf '\n=== summary\n'
printf '%s\n' "${results[@]}"
if ((failed > 0)); then
    printf '%d of %d checks failed\n' "$failed" "${#results[@]}"
    exit 1
fi
printf 'all %d checks passed in %d s\n' "${#results[@]}" "$SECONDS"
