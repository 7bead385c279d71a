//! A secret in a file, as container platforms mount them.
//!
//! Read again within the soft TTL, so that replacing the file rotates the secret.

use std::io::{ErrorKind, Read};

use token::{KeyRing, SecretError, SecretForm};
use zeroize::Zeroizing;

use crate::source::{SourceError, ring_of};

/// The size limit of Secrets Manager: whatever is larger is the wrong file.
const MAX_BYTES: u64 = 65_536;

pub(crate) fn read(path: &str, form: &SecretForm) -> Result<KeyRing, SourceError> {
    let mut text = Zeroizing::new(String::new());
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > MAX_BYTES => {
            Err(SourceError::Refused("the file is larger than 64 KiB".into()))
        }
        Ok(_) => Ok(ring_of(&text, form)?),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(SecretError::Encoding("utf8").into()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Err(SourceError::Refused(error.kind().to_string()))
        }
        Err(error) => Err(SourceError::Transient(error.kind().to_string())),
    }
}
