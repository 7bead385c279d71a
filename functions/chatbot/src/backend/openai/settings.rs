//! The settings of an endpoint of OpenAI's format.

use std::{fs, sync::Arc};

use http::Uri;
use token::SettingsReader;
use tokio_rustls::rustls::ClientConfig;

use super::{api_key::ApiKey, client};

const DEFAULT_URL: &str = "https://api.openai.com/v1";

// Where OpenAI itself is, which takes a name of its own for the longest answer.
const OPENAI_HOST: &str = "api.openai.com";
const AZURE_HOSTS: &str = ".openai.azure.com";

/// Which endpoint, which model, and the key to it.
#[derive(Debug, Clone)]
pub(crate) struct OpenAiSettings {
    pub(super) model: String,
    /// Of the completions themselves.
    pub(super) url: Uri,
    pub(super) key: ApiKey,
    pub(super) limit_name: LimitName,
    /// Whom the endpoint has to be vouched for by.
    pub(super) tls: Arc<ClientConfig>,
}

/// What the longest answer is called in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitName {
    /// What every other server knows.
    MaxTokens,
    /// What the newer models of OpenAI insist on.
    MaxCompletionTokens,
}

impl OpenAiSettings {
    /// `None` where something is wrong, which the reader has noted.
    pub(in super::super) fn read(reader: &mut SettingsReader<'_>, model: String) -> Option<Self> {
        let key = read_key(reader);
        let url = read_url(reader);
        let names =
            [("max_tokens", LimitName::MaxTokens), ("max_completion_tokens", LimitName::MaxCompletionTokens)];
        let usual = url.as_ref().map_or(LimitName::MaxTokens, usual_limit_name);
        let limit_name = reader.choice("OPENAI_MAX_TOKENS_FIELD", usual, &names);
        let url = url?;
        let tls = match client::tls(&url) {
            Ok(tls) => Arc::new(tls),
            Err(error) => {
                reader.fault("OPENAI_BASE_URL", format_args!("cannot be reached over TLS: {error}"));
                return None;
            }
        };
        Some(Self { model, url, key: key?, limit_name, tls })
    }
}

fn read_key(reader: &mut SettingsReader<'_>) -> Option<ApiKey> {
    let (name, text) = match (reader.optional("OPENAI_API_KEY"), reader.optional("OPENAI_API_KEY_FILE")) {
        (Some(text), None) => ("OPENAI_API_KEY", text),
        (None, Some(path)) => match fs::read_to_string(path) {
            Ok(text) => ("OPENAI_API_KEY_FILE", text),
            Err(error) => {
                reader.fault("OPENAI_API_KEY_FILE", format_args!("cannot be read: {}", error.kind()));
                return None;
            }
        },
        (Some(_), Some(_)) => {
            reader.fault("OPENAI_API_KEY", "or OPENAI_API_KEY_FILE: only one may be set");
            return None;
        }
        (None, None) => {
            reader.fault("OPENAI_API_KEY", "is required, or OPENAI_API_KEY_FILE in its place");
            return None;
        }
    };
    let key = ApiKey::new(&text);
    if key.is_none() {
        reader.fault(name, "is not a key: it is empty, or has characters that no header takes");
    }
    key
}

fn read_url(reader: &mut SettingsReader<'_>) -> Option<Uri> {
    let text = reader.optional("OPENAI_BASE_URL").unwrap_or_else(|| DEFAULT_URL.into());
    let url = completions(text.trim());
    if url.is_none() {
        reader.fault("OPENAI_BASE_URL", "is not an http or https URL without user, query and fragment");
    }
    url
}

fn completions(base: &str) -> Option<Uri> {
    let base: Uri = base.parse().ok().filter(|_| !base.contains(['?', '#', '@']))?;
    let scheme = base.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = base.authority().filter(|authority| !authority.host().is_empty())?;
    let path = base.path().trim_end_matches('/');
    format!("{scheme}://{authority}{path}/chat/completions").parse().ok()
}

fn usual_limit_name(url: &Uri) -> LimitName {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    if host == OPENAI_HOST || host.ends_with(AZURE_HOSTS) {
        LimitName::MaxCompletionTokens
    } else {
        LimitName::MaxTokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_completions_are_below_the_base() {
        for (base, expected) in [
            ("https://api.openai.com/v1", Some("https://api.openai.com/v1/chat/completions")),
            ("http://llm.internal:8000/v1/", Some("http://llm.internal:8000/v1/chat/completions")),
            ("http://[::1]:9", Some("http://[::1]:9/chat/completions")),
            ("https://user:key@example.com/v1", None),
            ("https://example.com/v1?key=x", None),
            ("https://example.com/v1#x", None),
            ("ftp://example.com/v1", None),
            ("example.com/v1", None),
            ("/v1", None),
            ("https://", None),
        ] {
            assert_eq!(completions(base).map(|url| url.to_string()).as_deref(), expected, "{base}");
        }
    }

    #[test]
    fn only_openai_itself_takes_the_new_name() {
        for (host, expected) in [
            ("api.openai.com", LimitName::MaxCompletionTokens),
            ("API.OpenAI.com:443", LimitName::MaxCompletionTokens),
            ("team.openai.azure.com", LimitName::MaxCompletionTokens),
            ("openrouter.ai", LimitName::MaxTokens),
            ("api.openai.com.example", LimitName::MaxTokens),
            ("not-api.openai.com", LimitName::MaxTokens),
            ("127.0.0.1:11434", LimitName::MaxTokens),
        ] {
            let url = completions(&format!("https://{host}/v1")).unwrap();
            assert_eq!(usual_limit_name(&url), expected, "{host}");
        }
    }
}
