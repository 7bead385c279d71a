# Finds the binaries that the checks run. Sourced by `run`.

target=${CARGO_TARGET_DIR:-$root/target}

# The functions as `sam build` leaves them, which is what is deployed. One target
# folder for all of them, shared with cargo's other builds.
build_functions() {
    functions=$checks/sam-build
    [[ -z ${functions_built:-} ]] || return 0
    python_tool sam
    python_tool cargo-lambda
    local architecture=x86_64
    [[ $(uname -m) != aarch64 ]] || architecture=arm64
    (
        # shellcheck source=../../infra/build-environment
        source "$root/infra/build-environment"
        cd "$root/infra/sam"
        PATH=$checks/cargo-lambda/bin:$PATH CARGO_TARGET_DIR=$target \
            SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 \
            "$checks/sam/bin/sam" build --build-dir "$functions" \
            --parameter-overrides "Architecture=$architecture" JwtIssuer=https://auth.example.com
    )
    functions_built=yes
}

# The authorizer as it is shipped.
build_authorizer() {
    authorizer=${LATCHKEY_AUTHORIZER_BIN:-}
    [[ -n $authorizer ]] && return
    build_functions
    authorizer=$functions/AuthorizerFunction/bootstrap
}

# The issuer's command line; a debug build answers the same. Built with -p: cargo
# unifies features over everything it builds at once.
build_issuer() {
    issuer=${LATCHKEY_ISSUER_BIN:-}
    [[ -n $issuer ]] && return
    cargo build --locked -p issuer
    issuer=$target/debug/issuer
}

# The programs that call AWS, to see what they can call.
build_programs() {
    build_authorizer
    build_functions
    build_issuer
    programs=(
        "$authorizer" "$functions/ChatbotFunction/bootstrap"
        "$functions/RotatorFunction/bootstrap" "$issuer"
    )
}

# The whole system, as `cargo run -p local` starts it.
build_local() {
    system=${LATCHKEY_LOCAL_BIN:-}
    [[ -n $system ]] && return
    cargo build --locked -p local
    system=$target/debug/local
}
