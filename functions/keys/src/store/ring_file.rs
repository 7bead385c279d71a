//! A key ring in a file.
//!
//! Two writers of this program exclude each other, and neither overwrites what
//! it has not seen. Another program that replaces the file in the moment between
//! the last look at it and the renaming is not noticed.

use std::{fs, path::Path};

use token::{SecretForm, Timestamp};
use zeroize::Zeroizing;

use super::{Overwrite, StoreError, Stored, replace_file};
use crate::{
    file::{file_error, read_text},
    source::ring_of,
};

pub(super) fn read(path: &str, form: &SecretForm) -> Result<Option<Stored>, StoreError> {
    let Some(text) = existing(path)? else { return Ok(None) };
    let ring = ring_of(&text, form)?;
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    Ok(Some(Stored { ring, version: None, changed: changed.map(Timestamp::from), text: Some(text) }))
}

pub(super) fn create(path: &str, text: &str, overwrite: Overwrite) -> Result<(), StoreError> {
    replace_file::replace(Path::new(path), text, || match overwrite {
        Overwrite::Always => Ok(()),
        Overwrite::Never => match existing(path) {
            Ok(None) => Ok(()),
            // Whatever it is, it is something.
            Ok(Some(_)) | Err(StoreError::Invalid(_)) => Err(StoreError::Exists),
            Err(error) => Err(error),
        },
    })
}

pub(super) fn replace(path: &str, seen: &Stored, text: &str) -> Result<(), StoreError> {
    replace_file::replace(Path::new(path), text, || {
        if seen.text.is_some() && existing(path)? == seen.text { Ok(()) } else { Err(StoreError::Conflict) }
    })
}

/// What is in the file; `None` where there is no file, or nothing in it.
fn existing(path: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error(&error).into()),
        Ok(_) => {}
    }
    match read_text(path) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[path = "ring_file_tests.rs"]
mod tests;
