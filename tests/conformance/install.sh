# Brings the tools in that the checks need, each in a folder of its own below
# .checks/, so that their dependencies cannot disagree. Sourced by `run`.
#
# A folder is made again when its list of versions changes, and left alone
# otherwise: the second run installs nothing.

# Installs Debian packages where that is possible, or says what is missing.
debian_packages() {
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "missing on this machine: $* (install them and run again)" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# python_tool NAME: a virtual environment with requirements-NAME.txt in it.
python_tool() {
    local name=$1
    local folder=$checks/$name list=$here/requirements-$1.txt
    cmp -s "$list" "$folder/installed.txt" && return

    echo "installing $name into .checks/"
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian_packages python3 python3-venv
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$list"
    # Written last: an interrupted installation is made again.
    cp "$list" "$folder/installed.txt"
}

# The Node.js library, from the lock file.
node_tool() {
    local folder=$checks/node
    command -v node >/dev/null && command -v npm >/dev/null || debian_packages nodejs npm
    cmp -s "$here/package-lock.json" "$folder/installed.json" && return

    echo "installing jsonwebtoken into .checks/"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$here/package.json" "$here/package-lock.json" "$folder/"
    (cd "$folder" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    cp "$here/package-lock.json" "$folder/installed.json"
}
