//! Rings in real files.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use token::{Algorithm, AlgorithmSet, KeyRing, SettingsReader};

use super::super::{KeyStore, Overwrite, RotationRequest, StoreError};
use crate::{KeyPlace, KeySettings};

const PLAIN: &str = "0123456789abcdef0123456789abcdef";

/// A folder of its own, with a file in it that may or may not be there.
struct Folder {
    folder: PathBuf,
    file: PathBuf,
}

impl Folder {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("keys-test-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("secret.json");
        Self { folder, file }
    }

    fn with(text: &str) -> Self {
        let folder = Self::new();
        fs::write(&folder.file, text).unwrap();
        folder
    }

    fn store(&self) -> KeyStore {
        KeyStore::new(place("JWT_SECRET_FILE", self.file.to_str().unwrap()), None)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Where the next ring is written before it gets its name.
    fn beside(&self) -> PathBuf {
        self.folder.join(format!(".secret.json.{}.new", std::process::id()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn place(variable: &str, value: &str) -> KeyPlace {
    let environment = |name: &str| (name == variable).then(|| value.to_owned());
    let mut reader = SettingsReader::new(&environment);
    KeyPlace::read(&mut reader, AlgorithmSet::only(Algorithm::HS256))
}

fn ring(kid: &str) -> KeyRing {
    let k = "A".repeat(43);
    KeyRing::from_json(&format!(r#"{{"keys":[{{"kty":"oct","kid":"{kid}","k":"{k}"}}]}}"#)).unwrap()
}

/// The ids of the keys that are there.
async fn ids(store: &KeyStore) -> Vec<Option<String>> {
    let stored = store.read().await.unwrap().unwrap();
    stored.ring.keys().iter().map(|key| key.id().map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_is_written_is_what_a_verifier_reads() {
    let folder = Folder::new();
    let store = folder.store();
    assert!(store.read().await.unwrap().is_none());
    store.create(&ring("a"), "", Overwrite::Never).await.unwrap();
    assert_eq!(ids(&store).await, [Some("a".to_owned())]);
    let seen = store.read().await.unwrap().unwrap();
    assert!(seen.changed.is_some() && seen.version.is_none());
    store.replace(&seen, &ring("b"), "").await.unwrap();
    assert_eq!(folder.names(), ["secret.json"], "nothing else is left");

    let environment =
        |name: &str| (name == "JWT_SECRET_FILE").then(|| folder.file.to_str().unwrap().to_owned());
    let mut reader = SettingsReader::new(&environment);
    let settings = KeySettings::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
    let cache = crate::KeyCache::new(reader.finish(settings).unwrap(), None);
    let now = token::Moment::new(std::time::UNIX_EPOCH, std::time::Duration::ZERO);
    assert_eq!(cache.keys(now).await.unwrap().keys()[0].id(), Some("b"));
}

#[tokio::test]
async fn a_plain_secret_can_be_seen_and_replaced() {
    let folder = Folder::with(PLAIN);
    let store = folder.store();
    assert_eq!(ids(&store).await, [None]);
    let seen = store.read().await.unwrap().unwrap();
    assert!(!format!("{seen:?}").contains(PLAIN), "{seen:?}");
    store.replace(&seen, &ring("a"), "").await.unwrap();
    assert_eq!(ids(&store).await, [Some("a".to_owned())]);
    assert_eq!(store.replace(&seen, &ring("b"), "").await, Err(StoreError::Conflict), "seen once, gone now");
    assert_eq!(ids(&store).await, [Some("a".to_owned())]);
}

#[tokio::test]
async fn a_value_goes_by_force_only_and_whatever_it_is() {
    for text in [PLAIN, "too short", r#"{"password":"somebody else's"}"#] {
        let folder = Folder::with(text);
        let refused = folder.store().create(&ring("a"), "", Overwrite::Never).await;
        assert_eq!(refused, Err(StoreError::Exists));
        assert_eq!((folder.text().as_str(), folder.names().len()), (text, 1));
        folder.store().create(&ring("a"), "", Overwrite::Always).await.unwrap();
        assert_eq!(ids(&folder.store()).await, [Some("a".to_owned())]);
    }
    let binary = Folder::new();
    fs::write(&binary.file, [0xff; 64]).unwrap();
    let refused = binary.store().create(&ring("a"), "", Overwrite::Never).await;
    assert_eq!(refused, Err(StoreError::Exists));

    let blank = Folder::with("\n");
    assert!(blank.store().read().await.unwrap().is_none());
    blank.store().create(&ring("a"), "", Overwrite::Never).await.unwrap();
}

#[tokio::test]
async fn a_ring_that_nobody_could_read_is_not_written() {
    let folder = Folder::with(PLAIN);
    let store = folder.store();
    let seen = store.read().await.unwrap().unwrap();
    // The key of a plain secret in a file has no name, and a ring needs one.
    let refused = store.replace(&seen, &seen.ring, "").await.unwrap_err();
    assert_eq!(refused.to_string(), "key 1 of the ring: a key id is 1 to 256 printable ASCII characters");
    assert_eq!(folder.text(), PLAIN);
}

#[tokio::test]
async fn what_a_crash_left_behind_does_not_hurt() {
    let folder = Folder::with(PLAIN);
    fs::write(folder.beside(), "half a ri").unwrap();
    fs::write(folder.folder.join(".secret.json.1.new"), "another half").unwrap();
    assert_eq!(ids(&folder.store()).await, [None], "nobody reads it");
    let seen = folder.store().read().await.unwrap().unwrap();
    folder.store().replace(&seen, &ring("a"), "").await.unwrap();
    assert_eq!(ids(&folder.store()).await, [Some("a".to_owned())]);
    assert!(!folder.beside().exists());
}

#[tokio::test]
async fn two_writers_exclude_each_other() {
    let folder = Folder::with(PLAIN);
    let seen = folder.store().read().await.unwrap().unwrap();
    let other = fs::File::open(&folder.folder).unwrap();
    other.lock().unwrap();
    assert_eq!(folder.store().replace(&seen, &ring("a"), "").await, Err(StoreError::Conflict));
    assert_eq!(folder.text(), PLAIN);
    other.unlock().unwrap();
    folder.store().replace(&seen, &ring("a"), "").await.unwrap();
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_says_what_can() {
    let folder = Folder::new();
    let missing = folder.folder.join("no/such/folder");
    let store = KeyStore::new(place("JWT_SECRET_FILE", missing.to_str().unwrap()), None);
    let refused = store.create(&ring("a"), "", Overwrite::Never).await.unwrap_err();
    assert_eq!(refused.to_string(), "the secret store refused: entity not found");

    for (variable, value) in [("JWT_SECRET", PLAIN), ("JWT_SECRET_PARAMETER", "/jwt")] {
        let store = KeyStore::new(place(variable, value), None);
        let refused = store.create(&ring("a"), "", Overwrite::Always).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "{variable} can be read only: to make and rotate keys, keep them in Secrets Manager \
                 (JWT_SECRET_ARN) or in a file (JWT_SECRET_FILE)"
            )
        );
        assert_eq!(store.request_rotation("").await, Ok(RotationRequest::NoFunction));
    }
    let variable = KeyStore::new(place("JWT_SECRET", PLAIN), None);
    let seen = variable.read().await.unwrap().unwrap();
    assert_eq!(variable.replace(&seen, &ring("a"), "").await, Err(StoreError::NotWritable("JWT_SECRET")));
    assert_eq!(variable.place(), "the variable JWT_SECRET");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn mode(path: &std::path::Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[tokio::test]
    async fn a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_mode() {
        let folder = Folder::new();
        folder.store().create(&ring("a"), "", Overwrite::Never).await.unwrap();
        assert_eq!(mode(&folder.file), 0o600);
        for kept in [0o640, 0o400] {
            fs::set_permissions(&folder.file, fs::Permissions::from_mode(kept)).unwrap();
            folder.store().create(&ring("b"), "", Overwrite::Always).await.unwrap();
            assert_eq!(mode(&folder.file), kept);
        }
    }

    #[tokio::test]
    async fn a_link_is_neither_followed_nor_replaced() {
        let folder = Folder::new();
        let behind = folder.folder.join("behind");
        fs::write(&behind, PLAIN).unwrap();
        symlink(&behind, &folder.file).unwrap();
        let seen = folder.store().read().await.unwrap().unwrap();
        let refused = folder.store().replace(&seen, &ring("a"), "").await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the secret store refused: it is a symbolic link; name the file behind it"
        );
        assert!(folder.file.is_symlink());
        assert_eq!(fs::read_to_string(&behind).unwrap(), PLAIN);
    }

    #[tokio::test]
    async fn a_link_where_the_new_file_is_written_leads_nowhere() {
        let folder = Folder::with(PLAIN);
        let victim = folder.folder.join("victim");
        fs::write(&victim, "untouched").unwrap();
        symlink(&victim, folder.beside()).unwrap();
        folder.store().create(&ring("a"), "", Overwrite::Always).await.unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
        assert_eq!(ids(&folder.store()).await, [Some("a".to_owned())]);
    }

    #[tokio::test]
    async fn a_folder_is_no_file() {
        let folder = Folder::new();
        fs::create_dir(&folder.file).unwrap();
        let refused = folder.store().create(&ring("a"), "", Overwrite::Always).await.unwrap_err();
        assert_eq!(refused.to_string(), "the secret store refused: it is not a file");
    }
}
