//! Replacing a file of secrets in one step.
//!
//! Whoever opens the file finds the old text or the new one, whole, whatever
//! crashes: the new one is written beside it, for its owner alone, made durable,
//! and renamed over it. Owner, group and mode stay as they were, or nothing is
//! changed.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::StoreError;
use crate::file::file_error;

/// Writes `text` and a newline to `path` if `may_go` agrees once nobody else
/// writes there.
pub(super) fn replace(
    path: &Path,
    text: &str,
    may_go: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let folder = Folder::lock(path)?;
    let old = old_file(path)?;
    may_go()?;
    let new = NewFile::write(path, text, old.as_ref())?;
    fs::rename(&new.path, path).map_err(|error| told(&error))?;
    folder.sync().map_err(|error| StoreError::Unavailable(error.kind().to_string()))
}

/// The folder of a file, locked against other writers of this program.
struct Folder(Option<File>);

impl Folder {
    fn lock(path: &Path) -> Result<Self, StoreError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Some platforms do not open folders, and some file systems do not lock
        // them; the comparison of the text is left then.
        let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) else { return Ok(Self(None)) };
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) => Err(StoreError::Conflict),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(Some(folder))),
        }
    }

    /// Makes the new name durable.
    fn sync(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), File::sync_all)
    }
}

/// Returns the file that is there, if it is one that may be replaced.
fn old_file(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        // Renaming would put a file in the place of the link, and everybody who
        // knows the file behind it would go on with the old secret.
        Ok(metadata) if metadata.is_symlink() => {
            Err(StoreError::Refused("it is a symbolic link; name the file behind it".into()))
        }
        Ok(_) => Err(StoreError::Refused("it is not a file".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(told(&error)),
    }
}

/// A file not yet under its name, which goes if it never gets it.
struct NewFile {
    path: PathBuf,
}

impl NewFile {
    fn write(path: &Path, text: &str, old: Option<&Metadata>) -> Result<Self, StoreError> {
        let name = path.file_name().ok_or_else(|| StoreError::Refused("it is not a file".into()))?;
        let mut beside = OsString::from(".");
        beside.push(name);
        // Where nothing can be locked, two processes write two files.
        beside.push(format!(".{}.new", std::process::id()));
        let new = Self { path: path.with_file_name(beside) };
        // A crash may have left one behind; it was never anybody's secret.
        match fs::remove_file(&new.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(told(&error)),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        // Never through a link that somebody put there meanwhile.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new.path).map_err(|error| told(&error))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n"));
        written.map_err(|error| told(&error))?;
        if let Some(old) = old {
            keep_access(&file, old)?;
        }
        file.sync_all().map_err(|error| told(&error))?;
        Ok(new)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already where it was renamed; and where it cannot be removed, it
        // is for its owner alone and does not hurt.
        drop(fs::remove_file(&self.path));
    }
}

/// Gives `new` the owner, group and mode of `old`, before anybody can find it.
#[cfg(unix)]
fn keep_access(new: &File, old: &Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let own = new.metadata().map_err(|error| told(&error))?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        // With another group the mode would let others in, or shut readers out.
        fchown(new, Some(old.uid()), Some(old.gid())).map_err(|_| {
            StoreError::Refused("the new file cannot be given owner and group of the old one".into())
        })?;
    }
    let mode = fs::Permissions::from_mode(old.mode() & 0o777);
    new.set_permissions(mode).map_err(|error| told(&error))
}

#[cfg(not(unix))]
fn keep_access(_new: &File, _old: &Metadata) -> Result<(), StoreError> {
    Ok(())
}

/// Nothing was changed yet, so a refusal is one.
fn told(error: &io::Error) -> StoreError {
    file_error(error).into()
}
