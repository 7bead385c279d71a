//! A secret in a file, as container platforms mount them.
//!
//! Read again within the soft TTL, so that replacing the file rotates the secret.

use std::io::{ErrorKind, Read};

use token::{KeyRing, SecretError, SecretForm};
use zeroize::Zeroizing;

use crate::source::{SourceError, ring_of};

/// The size limit of Secrets Manager: whatever is larger is the wrong file.
pub(crate) const MAX_BYTES: usize = 65_536;

pub(crate) fn read(path: &str, form: &SecretForm) -> Result<KeyRing, SourceError> {
    Ok(ring_of(&read_text(path)?, form)?)
}

pub(crate) fn read_text(path: &str) -> Result<Zeroizing<String>, SourceError> {
    let mut text = Zeroizing::new(String::new());
    let limit = MAX_BYTES as u64 + 1;
    match std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)) {
        Ok(_) if text.len() > MAX_BYTES => Err(SourceError::Refused("the file is larger than 64 KiB".into())),
        Ok(_) => Ok(text),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(SecretError::Encoding("utf8").into()),
        Err(error) => Err(file_error(&error)),
    }
}

/// Tells a failure by what to do next.
pub(crate) fn file_error(error: &std::io::Error) -> SourceError {
    use ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem};
    match error.kind() {
        kind @ (NotFound | PermissionDenied | ReadOnlyFilesystem) => SourceError::Refused(kind.to_string()),
        kind => SourceError::Transient(kind.to_string()),
    }
}
