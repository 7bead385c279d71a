#!/usr/bin/env bash
# Proves that the templates are what CloudFormation and SAM accept, as far as
# their own tools can tell without an account, and that a scanner for careless
# settings finds none without a reason beside it.
#
#   templates.sh CHECKS    CHECKS holds the folders of the tools
set -euo pipefail

checks=$1
templates=(infra/*/template.yaml)

# SAM asks for a region and would report usage otherwise.
export AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0

for template in "${templates[@]}"; do
    "$checks/sam/bin/sam" validate --lint --template "$template" >/dev/null
    echo "ok    sam validate --lint: $template"

    # One region of each partition: what exists differs between them.
    "$checks/cfn-lint/bin/cfn-lint" --include-checks I \
        --regions us-east-1 eu-central-1 us-gov-west-1 cn-north-1 \
        -- "$template"
    echo "ok    cfn-lint: $template"
done

# The scanner leaves out what a condition rules out, so every choice is made the
# default once.
copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
variant() {
    local template=infra/$1/template.yaml parameter=$2 value=$3
    local copy=$copies/$1-$parameter-$value.yaml
    awk -v parameter="  $parameter:" -v value="$value" '
        $0 == parameter { inside = 1 }
        inside && /^    Default:/ { $0 = "    Default: " value; inside = 0; changed = 1 }
        { print }
        END { exit !changed }' "$template" >"$copy"
    if ! "$checks/checkov/bin/checkov" --skip-download --compact --quiet \
        --framework cloudformation --file "$copy" >"$copies/found"; then
        cat "$copies/found" >&2
        exit 1
    fi
    echo "ok    checkov: $template, $parameter=$value"
}
variant sam FrontDoor rest
variant sam FrontDoor http
variant sam FrontDoor alb
variant sam RetainData '"false"'
variant sam ChatBackend bedrock
variant sam ChatBackend openai
variant ecs SecretMode polling
variant ecs SecretMode environment
variant access Method certificate
variant access Method oidc
variant access Method user

for file in infra/*/Dockerfile; do
    if ! "$checks/checkov/bin/checkov" --skip-download --compact --quiet \
        --framework dockerfile --file "$file" >"$copies/found"; then
        cat "$copies/found" >&2
        exit 1
    fi
    echo "ok    checkov: $file"
done

# A suppression says why.
silent=$(grep -nE 'id: CKV' "${templates[@]}" | grep -v 'comment: ' || true)
if [[ -n $silent ]]; then
    printf 'skipped without a reason:\n%s\n' "$silent" >&2
    exit 1
fi
echo "ok    every skipped check says why"
