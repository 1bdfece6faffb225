#!/usr/bin/env bash
# Sets everything up and opens the console on the virtual city.
#
#   packaging/demo.sh                    the console, with sixteen cameras of the virtual city
#   packaging/demo.sh --shot FILE.png    no display needed: renders the wall once it is live, and ends
#   packaging/demo.sh --setup-only       sets up and opens nothing
#
# Everything else goes to `watchfloor demo`.
set -euo pipefail
# shellcheck source=packaging/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

setup_only=false
shot=false
rest=()
for argument in "$@"; do
    case $argument in
        --setup-only) setup_only=true; continue ;;
        --shot | --shot=*) shot=true ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    esac
    rest+=("$argument")
done

if $shot; then
    export QT_QPA_PLATFORM=offscreen
elif ! $setup_only && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
    die "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open." \
        "For a picture of the live wall instead:  packaging/demo.sh --shot wall.png" \
        "To set up only:                          packaging/demo.sh --setup-only"
fi

set_up demo "$ROOT/packaging/requirements.txt"
if $setup_only; then
    say "Ready: .venv/bin/watchfloor"
    exit 0
fi
exec "$VENV/bin/watchfloor" demo ${rest[@]+"${rest[@]}"}
