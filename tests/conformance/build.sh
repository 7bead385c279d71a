# Finds the binaries that the checks run. Sourced by `run`.
#
# Each is built with -p of its own: cargo unifies features over everything it
# builds at once, and the authorizer must be the one that is deployed.

target=${CARGO_TARGET_DIR:-$root/target}

# The authorizer as it is shipped.
build_authorizer() {
    authorizer=${LATCHKEY_AUTHORIZER_BIN:-}
    [[ -n $authorizer ]] && return
    cargo build --release --locked -p authorizer
    authorizer=$target/release/authorizer
}

# The issuer's command line; a debug build answers the same.
build_issuer() {
    issuer=${LATCHKEY_ISSUER_BIN:-}
    [[ -n $issuer ]] && return
    cargo build --locked -p issuer
    issuer=$target/debug/issuer
}

# The programs that call AWS, to see what they can call; a debug build holds the
# same calls as a release build.
build_programs() {
    build_authorizer
    build_issuer
    cargo build --locked -p chatbot -p rotator
    programs=("$authorizer" "$target/debug/chatbot" "$target/debug/rotator" "$issuer")
}
