//! What one answer took, as clients read it.

use serde::Serialize;

use crate::backend::Usage;

/// Tokens read and written by the model.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Spent {
    input_tokens: u64,
    output_tokens: u64,
}

impl From<Usage> for Spent {
    fn from(Usage { input_tokens, output_tokens }: Usage) -> Self {
        Self { input_tokens, output_tokens }
    }
}
