//! Settings as people write them.

use token::SettingsReader;

use crate::backend::BackendSettings;

/// Reads settings: what they are in debug form, or what is wrong with them.
fn read(variables: &[(&str, &str)]) -> Result<String, String> {
    let environment = |name: &str| {
        variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
    };
    let mut reader = SettingsReader::new(&environment);
    let settings = BackendSettings::read(&mut reader);
    let settings = reader.finish(settings).map_err(|faults| faults.to_string())?;
    Ok(format!("needs AWS: {}, {settings:?}", settings.needs_aws()))
}

fn check_good(variables: &[(&str, &str)], parts: &[&str]) {
    let told = read(variables).unwrap();
    for part in parts {
        assert!(told.contains(part), "no {part} in {told}");
    }
}

fn check_bad(variables: &[(&str, &str)], expected: &str) {
    assert_eq!(read(variables).unwrap_err(), format!("wrong settings: {expected}"));
}

const BEDROCK: (&str, &str) = ("CHAT_BACKEND", "bedrock");
const OPENAI: (&str, &str) = ("CHAT_BACKEND", "openai");
const MODEL: (&str, &str) = ("CHAT_MODEL", "some-model");
const PLAIN: (&str, &str) = ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-between-us");

#[test]
fn an_echo_needs_nothing() {
    check_good(&[], &["needs AWS: false", "Echo"]);
    check_good(&[("CHAT_BACKEND", "echo")], &["Echo"]);
    check_bad(&[("CHAT_BACKEND", "gpt")], "CHAT_BACKEND is not one of echo, bedrock, openai");
}

#[test]
fn bedrock_needs_a_model_and_takes_a_guardrail() {
    let model = ("CHAT_MODEL", "us.amazon.nova-micro-v1:0");
    check_good(&[BEDROCK, model], &["needs AWS: true", "us.amazon.nova-micro-v1:0", "guardrail: None"]);
    let id = ("BEDROCK_GUARDRAIL_ID", "gr-1");
    let version = ("BEDROCK_GUARDRAIL_VERSION", "2");
    check_good(&[BEDROCK, model, id, version], &["gr-1", "Sync"]);
    let mode = ("BEDROCK_GUARDRAIL_STREAM_MODE", "async");
    check_good(&[BEDROCK, model, id, version, mode], &["Async"]);
    check_bad(
        &[BEDROCK, id],
        "CHAT_MODEL is required; BEDROCK_GUARDRAIL_VERSION is required beside BEDROCK_GUARDRAIL_ID",
    );
    check_bad(
        &[BEDROCK, ("CHAT_MODEL", "my model"), version, ("BEDROCK_GUARDRAIL_STREAM_MODE", "fast")],
        "CHAT_MODEL is not the name of a model: it has blanks or other such characters; \
         BEDROCK_GUARDRAIL_STREAM_MODE is not one of sync, async; \
         BEDROCK_GUARDRAIL_ID is required beside BEDROCK_GUARDRAIL_VERSION",
    );
}

#[test]
fn openai_needs_a_model_and_a_key() {
    check_good(
        &[OPENAI, MODEL, KEY, PLAIN],
        &[
            "needs AWS: false",
            "some-model",
            "http://127.0.0.1:9/v1/chat/completions",
            "MaxTokens",
            "ApiKey(redacted)",
        ],
    );
    check_good(
        &[OPENAI, MODEL, KEY, PLAIN, ("OPENAI_MAX_TOKENS_FIELD", "max_completion_tokens")],
        &["MaxCompletionTokens"],
    );
    check_bad(
        &[OPENAI, ("OPENAI_BASE_URL", "localhost"), ("OPENAI_MAX_TOKENS_FIELD", "tokens")],
        "CHAT_MODEL is required; \
         OPENAI_API_KEY is required, or OPENAI_API_KEY_FILE in its place; \
         OPENAI_BASE_URL is not an http or https URL without user, query and fragment; \
         OPENAI_MAX_TOKENS_FIELD is not one of max_tokens, max_completion_tokens",
    );
}

#[test]
fn a_key_may_be_in_a_file_and_never_prints() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("chatbot-key-{}", std::process::id()));
    std::fs::write(&path, "sk-between-us\n").unwrap();
    let file = ("OPENAI_API_KEY_FILE", path.to_str().unwrap());
    let told = read(&[OPENAI, MODEL, PLAIN, file]).unwrap();
    assert!(told.contains("ApiKey(redacted)") && !told.contains("between"), "{told}");
    check_bad(
        &[OPENAI, MODEL, PLAIN, file, KEY],
        "OPENAI_API_KEY or OPENAI_API_KEY_FILE: only one may be set",
    );
    std::fs::write(&path, "sk between us").unwrap();
    let spoilt = "OPENAI_API_KEY_FILE is not a key: it is empty, or has characters that no header takes";
    check_bad(&[OPENAI, MODEL, PLAIN, file], spoilt);
    std::fs::remove_file(&path).unwrap();
    check_bad(&[OPENAI, MODEL, PLAIN, file], "OPENAI_API_KEY_FILE cannot be read: entity not found");
}
