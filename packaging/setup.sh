#!/usr/bin/env bash
# What demo.sh and test.sh share: system libraries, an interpreter that really starts, the environment `.venv`.
# Sourced, never run. All that it makes lies in .venv, except for system packages; so `rm -rf .venv` undoes it.
#
# Safe to interrupt and to repeat: a lock keeps two runs apart, a mark in .venv says "half-made" while pip writes, and a
# stamp written last says what the environment was made from. A run that finds the stamp true does nothing else.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV="$ROOT/.venv"
LOG="$VENV/setup.log"
PYTHONS=(3.12 3.13 3.14) # the first found is taken; the pinned wheels fit all of them
export PATH="$PATH:/usr/sbin:/sbin" # ldconfig is there, and users may not have it
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONNOUSERSITE=1
unset PYTHONHOME PYTHONPATH PIP_REQUIRE_VIRTUALENV PIP_USER PIP_TARGET PIP_PREFIX || true

# Shared objects that the wheels of Qt 6.12 and Qt WebEngine ask for and do not bring, and the package holding each
# (objdump -p over both wheels). libfontconfig1 brings a font.
LIBRARIES="
libEGL.so.1:libegl1 libGL.so.1:libgl1 libX11.so.6:libx11-6 libX11-xcb.so.1:libx11-xcb1
libXcomposite.so.1:libxcomposite1 libXdamage.so.1:libxdamage1 libXext.so.6:libxext6 libXfixes.so.3:libxfixes3
libXrandr.so.2:libxrandr2 libXtst.so.6:libxtst6 libasound.so.2:libasound2 libbrotlidec.so.1:libbrotli1
libdbus-1.so.3:libdbus-1-3 libexpat.so.1:libexpat1 libfontconfig.so.1:libfontconfig1 libfreetype.so.6:libfreetype6
libgbm.so.1:libgbm1 libglib-2.0.so.0:libglib2.0-0 libgssapi_krb5.so.2:libgssapi-krb5-2 libnspr4.so:libnspr4
libnss3.so:libnss3 libstdc++.so.6:libstdc++6 libudev.so.1:libudev1 libwayland-client.so.0:libwayland-client0
libwayland-cursor.so.0:libwayland-cursor0 libxcb.so.1:libxcb1 libxcb-cursor.so.0:libxcb-cursor0
libxcb-dri3.so.0:libxcb-dri3-0 libxcb-glx.so.0:libxcb-glx0 libxcb-icccm.so.4:libxcb-icccm4
libxcb-image.so.0:libxcb-image0 libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-randr.so.0:libxcb-randr0
libxcb-render.so.0:libxcb-render0 libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0
libxcb-shm.so.0:libxcb-shm0 libxcb-sync.so.1:libxcb-sync1 libxcb-util.so.1:libxcb-util1
libxcb-xfixes.so.0:libxcb-xfixes0 libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon.so.0:libxkbcommon0
libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxkbfile.so.1:libxkbfile1 libz.so.1:zlib1g libzstd.so.1:libzstd1
"

say() { printf '%s\n' "$*"; }

die() { # die SENTENCE...: one line each, then leave
    printf 'watchfloor set-up: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# --- progress ---------------------------------------------------------------------------------------------------------

child=""
on_signal() { # leave nothing running behind when we are told to stop
    trap - INT TERM HUP
    if [ -n "$child" ]; then kill -- "-$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; fi
    printf '\nwatchfloor set-up: stopped; run the same command again and it goes on.\n' >&2
    exit 130
}

last_words() { # the newest line of the log, short enough for one line of a terminal
    tail -c 600 "$LOG" 2>/dev/null | tr '\r' '\n' | awk 'NF {$1 = $1; line = $0} END {print substr(line, 1, 60)}' || true
}

# step LABEL COMMAND...: one line per step, moving while it works; what it prints goes to the log; false if it failed
step() {
    local label=$1 start=$SECONDS shown=0 status=0 ticks=0
    shift
    printf '\n== %s\n' "$label" >>"$LOG"
    trap on_signal INT TERM HUP
    set -m # a process group of its own, so that a stop reaches all that the command started
    "$@" >>"$LOG" 2>&1 </dev/null &
    child=$!
    set +m
    while kill -0 "$child" 2>/dev/null; do
        if [ -t 1 ]; then
            printf '\r\033[K  %s ... %ds  %s' "$label" $((SECONDS - start)) "$(last_words)"
        elif ((SECONDS - start - shown >= 10)); then
            shown=$((SECONDS - start))
            printf '  %s ... %ds  %s\n' "$label" "$shown" "$(last_words)"
        fi
        # Quick steps are not made to wait for a slow clock.
        if ((ticks++ < 10)); then sleep 0.1; else sleep 0.5; fi
    done
    wait "$child" || status=$?
    child=""
    trap - INT TERM HUP
    if [ -t 1 ]; then printf '\r\033[K'; fi
    if ((status == 0)); then
        printf '  %s: done (%d s)\n' "$label" $((SECONDS - start))
    else
        printf '  %s: failed (%d s)\n' "$label" $((SECONDS - start))
    fi
    return "$status"
}

fail_with_log() { # fail_with_log SENTENCE NEXT_STEP
    printf -- '--- the end of %s\n' "$LOG" >&2
    tail -n 25 "$LOG" >&2
    die "$1" "$2"
}

# --- system packages --------------------------------------------------------------------------------------------------

missing_libraries() { # prints the package of each library that the loader does not know, for this machine's kind only
    local known pair kind
    case $(uname -m) in x86_64) kind=x86-64 ;; aarch64) kind=AArch64 ;; *) kind="" ;; esac
    known=" $(ldconfig -p 2>/dev/null | awk -v kind="$kind" 'kind == "" || index($0, kind) {printf "%s ", $1}' || true)"
    for pair in $LIBRARIES; do
        case $known in *" ${pair%%:*} "*) ;; *) say "${pair#*:}" ;; esac
    done
}

as_this_release_calls_them() { # PACKAGE...: Debian 13 and Ubuntu 24.04 renamed some: libasound2 is libasound2t64
    local p renamed
    renamed=$(apt-cache pkgnames 2>/dev/null | grep 't64$' || true)
    if [ -z "$renamed" ] && dpkg-query -W -f '${Package}\n' '*t64' 2>/dev/null | grep -q .; then
        renamed=$(printf '%s\n' libasound2t64 libglib2.0-0t64) # no package lists yet; these two we know
    fi
    for p in "$@"; do
        if printf '%s\n' "$renamed" | grep -qxF "${p}t64"; then say "${p}t64"; else say "$p"; fi
    done
}

become_root() { # prints what makes a command run as root without asking for anything; false if nothing does
    if [ "$(id -u)" = 0 ]; then return 0; fi
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then say "sudo -n"; else return 1; fi
}

apt_get() { # apt_get ROOT ARGUMENTS...; ROOT is what become_root printed
    local root=$1
    shift
    # shellcheck disable=SC2086  # ROOT is empty or two words
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

finish_dpkg() { # ROOT: an apt-get killed half-way leaves packages to configure
    # shellcheck disable=SC2086  # as above
    $1 env DEBIAN_FRONTEND=noninteractive dpkg --configure -a
}

install_packages() { # PACKAGE...: installs them if we may, else says which are missing and how to get them, and leaves
    local root packages
    if ! command -v apt-get >/dev/null; then
        die "system packages are missing, and this is neither Debian nor Ubuntu; install what your system calls these:" "$*"
    fi
    if ! root=$(become_root); then
        mapfile -t packages < <(as_this_release_calls_them "$@")
        die "these system packages are missing: ${packages[*]}" "Install them, then run this again:" \
            "sudo apt-get update && sudo apt-get install -y ${packages[*]}"
    fi
    step "Reading the lists of system packages" apt_get "$root" update || say "  (going on with the lists there are)"
    mapfile -t packages < <(as_this_release_calls_them "$@")
    step "Finishing what was interrupted, if anything" finish_dpkg "$root" || true
    step "Installing ${#packages[@]} system packages" \
        apt_get "$root" install -y --no-install-recommends "${packages[@]}" ||
        fail_with_log "apt-get could not install: ${packages[*]}" "Read the lines above; then run this again."
}

# --- an interpreter that starts ---------------------------------------------------------------------------------------

starts() { # starts PYTHON LOWEST: it runs, is CPython of this version or newer (not newer than we have wheels for)
    local question="import sys; sys.exit(not (3, $2) <= sys.version_info < (3, 15) or sys.implementation.name != 'cpython')"
    "$1" -c "$question" >/dev/null 2>&1 </dev/null
}

all_on_path() { type -aP "$1" 2>/dev/null || true; }

candidates() {
    local v p
    for v in "${PYTHONS[@]}"; do
        all_on_path "python$v"
        for p in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/"$v"*/bin/python3; do if [ -x "$p" ]; then say "$p"; fi; done
    done
    all_on_path python3
    all_on_path python
}

pythons() { # candidates, best first, each once, a path a line; a pyenv shim is on PATH and may not start, its versions do
    local p
    while read -r p; do printf '%s\t%s\n' "$(readlink -f "$p")" "$p"; done < <(candidates) |
        awk -F '\t' '!seen[$1]++ {print $2}'
}

find_uv() { # prints a uv that is on this machine, or false
    local p
    for p in "$(command -v uv || true)" "${HOME:-}/.local/bin/uv" "${HOME:-}/.cargo/bin/uv" "$VENV/tools/bin/uv"; do
        if [ -n "$p" ] && "$p" --version >/dev/null 2>&1; then say "$p"; return 0; fi
    done
    return 1
}

can_fetch() { # whether something here can fill an environment or fetch an interpreter: a uv, a pip, or what makes a pip
    local p question='import sys; from importlib.util import find_spec as f; sys.exit(not (f("pip") or f("ensurepip")))'
    if find_uv >/dev/null; then return 0; fi
    while read -r p; do
        if starts "$p" 8 && "$p" -c "$question" </dev/null; then return 0; fi
    done < <(pythons)
    return 1
}

bootstrap_uv() { # fetches uv by the pip of any Python; false if there is none, or no network
    local p
    while read -r p; do
        starts "$p" 8 || continue
        if "$p" -m pip --version >/dev/null 2>&1; then
            "$p" -m pip install --progress-bar off --target "$VENV/tools" --upgrade --require-hashes --only-binary :all: \
                -r "$ROOT/packaging/requirements-tools.txt" && return 0
        fi
        if "$p" -c 'import ensurepip, venv' 2>/dev/null; then
            # A venv of its own, then the same: uv lies in tools/bin in both cases.
            "$p" -m venv --clear "$VENV/tools" && "$VENV/tools/bin/python" -m pip install --require-hashes \
                --only-binary :all: -r "$ROOT/packaging/requirements-tools.txt" && return 0
        fi
    done < <(pythons)
    return 1
}

uv_python() { # UV: prints an interpreter that uv knows of, true if it starts
    local p
    p=$(UV_PYTHON_INSTALL_DIR="$VENV/python" "$1" --no-cache python find --no-project '>=3.12,<3.15' 2>/dev/null) || return 1
    starts "$p" 12 && say "$p"
}

fetch_python() { # fetch_python UV
    UV_PYTHON_INSTALL_DIR="$VENV/python" "$1" --no-cache python install --no-bin 3.12
}

find_python() { # sets PYTHON to an interpreter that starts, fetching one if it must
    local p uv tried=()
    PYTHON=""
    while read -r p; do
        if starts "$p" 12; then PYTHON=$p; return 0; fi
        tried+=("$p")
    done < <(pythons)
    if uv=$(find_uv) && PYTHON=$(uv_python "$uv"); then return 0; fi
    say "No Python from 3.12 to 3.14 starts here; fetching one with uv."
    if ! uv=$(find_uv); then
        step "Fetching uv" bootstrap_uv ||
            fail_with_log "no Python from 3.12 to 3.14 starts here (tried: ${tried[*]:-none}), and pip could not fetch uv." \
                "Check the network (or the machine's pip settings), or install Python 3.12; then run this again."
        uv=$(find_uv) || die "uv was fetched to $VENV/tools and does not start." "Remove that folder and run this again."
    fi
    step "Fetching Python 3.12" fetch_python "$uv" ||
        fail_with_log "no Python from 3.12 to 3.14 starts here (tried: ${tried[*]:-none}), and uv could not fetch one." \
            "Check the network, or install Python 3.12; then run this again."
    PYTHON=$(uv_python "$uv") || die "the Python that uv fetched does not start." "See $LOG"
}

# --- the environment --------------------------------------------------------------------------------------------------

fingerprint() { # FILE...: changes with what the environment is made from, and where it stands (scripts hold full paths)
    printf '%s ' "$ROOT"
    cat "$@" "$ROOT/pyproject.toml" "$ROOT/packaging/setup.sh" | sha256sum | cut -c1-64
}

stamped() { # ENV NAME FINGERPRINT
    [ -x "$1/bin/watchfloor" ] && [ ! -e "$1/half-made" ] && [ "$(cat "$1/$2.stamp" 2>/dev/null)" = "$3" ]
}

begin() { # take the lock: one set-up at a time in one checkout; it goes with the process, even a killed one
    mkdir -p "$VENV"
    if [ ! -w "$VENV" ]; then
        die "$VENV belongs to somebody else ($(stat -c %U "$VENV"))." "Remove it, or use a checkout of your own."
    fi
    exec 9>"$VENV/lock"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another set-up works in this checkout; waiting for it."
        flock -w 1200 9 || die "the other set-up has not ended in 20 minutes." "Look for it with: ps aux | grep pip"
    fi
    if [ -z "${begun:-}" ]; then
        : >"$LOG"
        say "Setting up Watchfloor in ${ROOT} (details: .venv/setup.log)"
    fi
    begun=yes
}

end() { exec 9>&-; } # gives the lock back

make_venv() { # PYTHON DIR: an environment with pip, also where ensurepip is missing (Debian without python3-venv)
    local p uv
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        "$1" -m venv "$2" && return 0
    fi
    if uv=$(find_uv); then
        "$uv" --no-cache venv --allow-existing --no-project --python "$1" "$2" || return 1
    else
        "$1" -m venv --without-pip "$2" || return 1
    fi
    # pip for it: by any pip on this machine (which knows the machine's settings), or by uv.
    while read -r p; do
        if "$p" -m pip --python "$2/bin/python" install --require-hashes --only-binary :all: \
            -r "$ROOT/packaging/requirements-tools.txt" </dev/null; then return 0; fi
    done < <(say "$1"; pythons)
    if ! uv=$(find_uv); then return 1; fi
    "$uv" --no-cache pip install --python "$2/bin/python" --require-hashes -r "$ROOT/packaging/requirements-tools.txt"
}

works() { # ENV: its interpreter starts, is new enough and has pip, and no one was interrupted while filling it
    [ ! -e "$1/half-made" ] && starts "$1/bin/python" 12 && "$1/bin/python" -m pip --version >/dev/null 2>&1
}

clear_env() { # ENV: everything that makes it an environment; not our tools, log and lock, nor an interpreter fetched
    rm -rf "${1:?}"/{bin,lib,lib64,include,share,etc,pyvenv.cfg,half-made} "${1:?}"/*.stamp
}

build_env() { # ENV NAME REQUIREMENTS [PIP_OPTION...]: make or mend ENV so that it holds REQUIREMENTS and the project
    local env=$1 name=$2 requirements=$3 print
    shift 3
    print=$(fingerprint "$requirements")
    if stamped "$env" "$name" "$print"; then return 0; fi
    # An environment that stood elsewhere has scripts that point there: made anew, as is a half-made one.
    if [ -e "$env/bin" ] && { ! works "$env" || { [ -e "$env/root" ] && [ "$(cat "$env/root")" != "$ROOT" ]; }; }; then
        say "The environment is half-made or from elsewhere; making it anew."
        clear_env "$env"
    fi
    rm -f "$env/$name.stamp"
    if [ ! -e "$env/bin/python" ]; then
        if [ -z "${PYTHON:-}" ]; then find_python; fi
        say "  using $("$PYTHON" --version 2>&1) at $PYTHON"
        mkdir -p "$env"
        : >"$env/half-made"
        step "Making the environment ${env#"$ROOT/"}" make_venv "$PYTHON" "$env" ||
            fail_with_log "no environment could be made with $PYTHON: it has no ensurepip, and there is no other pip or uv." \
                "Install python3-venv (sudo apt-get install -y python3-venv), then run this again."
        printf '%s\n' "$ROOT" >"$env/root"
    fi
    : >"$env/half-made"
    step "Installing $(grep -c '==' "$requirements") pinned packages" \
        "$env/bin/python" -m pip install --progress-bar off --require-hashes --only-binary :all: "$@" -r "$requirements" ||
        fail_with_log "pip could not install $requirements" "Check the network (or the machine's pip settings), then run this again."
    rm -f "$env/half-made"
    step "Installing Watchfloor itself" \
        "$env/bin/python" -m pip install --no-deps --no-build-isolation --no-index -e "$ROOT" ||
        fail_with_log "the project could not be installed into $env" "See $LOG"
    printf '%s\n' "$print" >"$env/$name.stamp"
}

# set_up NAME REQUIREMENTS [PACKAGE...]: the whole; NAME names the stamp, PACKAGEs are system packages besides Qt's
set_up() {
    local name=$1 requirements=$2 packages
    shift 2
    mapfile -t packages < <(missing_libraries; for p in "$@"; do say "$p"; done)
    if stamped "$VENV" "$name" "$(fingerprint "$requirements")"; then
        if ((${#packages[@]} == 0)); then return 0; fi
    elif ! can_fetch; then
        packages+=(python3 python3-venv)
    fi
    begin
    if ((${#packages[@]} > 0)); then
        install_packages "${packages[@]}"
        mapfile -t packages < <(missing_libraries)
        if ((${#packages[@]} > 0)); then
            die "still missing after installing: ${packages[*]}" "ldconfig -p does not list their libraries."
        fi
    fi
    build_env "$VENV" "$name" "$requirements"
    end
}
