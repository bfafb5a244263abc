#!/bin/sh
# Bundle the scripts of other people that the pages use, with their licences and a checksum of each file.
# Needs node and npm. Exact versions stand in scripts/vendor/package.json.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$here/../src/vitrina/ui/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/vendor/package.json "$here"/vendor/*.js "$work"
cd "$work"
npm install --no-audit --no-fund --no-package-lock --ignore-scripts >/dev/null

mkdir -p "$target"
for name in codemirror sql-formatter; do
    npx esbuild "$name.js" --bundle --minify --format=esm --target=es2022 --legal-comments=none \
        --log-level=warning --outfile="$target/$name.js"
done

licences() {
    for package in "$@"; do
        printf '== %s %s\n\n' "$package" "$(node -p "require('./node_modules/$package/package.json').version")"
        cat node_modules/"$package"/LICENSE*
        printf '\n'
    done
}
licences @codemirror/autocomplete @codemirror/commands @codemirror/lang-sql @codemirror/language \
    @codemirror/state @codemirror/view @lezer/common @lezer/highlight @lezer/lr \
    @marijn/find-cluster-break crelt style-mod w3c-keyname >"$target/codemirror.LICENSE.txt"
licences sql-formatter nearley >"$target/sql-formatter.LICENSE.txt"

cd "$target"
sha256sum codemirror.js sql-formatter.js >SHA256SUMS
