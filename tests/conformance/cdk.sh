#!/usr/bin/env bash
# Proves that the CDK stack is made without compiling anything: types, unit
# tests (cdk-nag among them), a synth by CDK's own command line, and the
# templates that are compared with SAM's afterwards.
#
#   cdk.sh CHECKS    CHECKS/cdk gets the templates
set -euo pipefail

checks=$(realpath "$1")
# shellcheck source=install.sh
source "$(dirname "${BASH_SOURCE[0]}")/install.sh"
cd infra/cdk

# CDK and what its app needs, where Node.js looks for it: beside the app.
command -v node >/dev/null && command -v npm >/dev/null || debian_packages nodejs npm
if ! cmp -s package-lock.json node_modules/installed.json; then
    echo "installing CDK into infra/cdk/node_modules/"
    npm ci --silent --no-audit --no-fund --ignore-scripts
    cp package-lock.json node_modules/installed.json
fi

# The command line would tell AWS about its use, and look for news.
export CDK_DISABLE_CLI_TELEMETRY=true npm_config_update_notifier=false

passed() { printf 'ok    %s (%d s)\n' "$1" "$SECONDS"; }

npm run --silent check
passed "types"

npm run --silent test
passed "unit tests"

# As somebody deploys it, with binaries that stand for the real ones.
functions=$checks/cdk/functions
for binary in authorizer chatbot rotator; do
    mkdir -p "$functions/$binary"
    echo "stands for $binary" >"$functions/$binary/bootstrap"
done
npm run --silent cdk -- synth --quiet --no-notices --no-version-reporting \
    --output "$checks/cdk/cdk.out" -c "FunctionsFolder=$functions" \
    -c JwtIssuer=https://auth.example.com
test -s "$checks/cdk/cdk.out/latchkey-dev.template.json"
passed "cdk synth"

node --import tsx test/write-templates.ts "$checks/cdk/templates"
passed "templates to compare"
