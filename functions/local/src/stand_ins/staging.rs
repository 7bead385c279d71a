//! The versions of one secret and their staging labels.
//!
//! Invariant, as in Secrets Manager: a label is on at most one version; once
//! there is a value, AWSCURRENT is on exactly one; and whenever AWSCURRENT
//! moves, AWSPREVIOUS moves to the version that had it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::SystemTime,
};

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";
pub(super) const PENDING: &str = "AWSPENDING";

/// A secret's value; it cannot print itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum SecretBody {
    Text(String),
    /// As it came: base64.
    Binary(String),
}

impl fmt::Debug for SecretBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBody(redacted)")
    }
}

#[derive(Debug, Clone)]
pub(super) struct Version {
    /// `None` between `RotateSecret` and the rotation function's `createSecret`.
    pub(super) body: Option<SecretBody>,
    pub(super) labels: BTreeSet<String>,
    pub(super) created: SystemTime,
}

#[derive(Debug, Default)]
pub(super) struct Versions(BTreeMap<String, Version>);

/// Why a change of versions was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StagingError {
    #[error("A resource with the ID you requested already exists.")]
    OtherBody,
    #[error(
        "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version \
         {holder}, so you must explicitly reference that version in RemoveFromVersionId."
    )]
    LabelElsewhere { label: String, holder: String },
    #[error("The staging label {label} is not attached to version {version}.")]
    LabelNotThere { label: String, version: String },
    #[error("You can only move AWSCURRENT to another version, not remove it.")]
    CurrentRemoved,
    #[error("You must specify MoveToVersionId, RemoveFromVersionId or both.")]
    NothingToDo,
    #[error("Secrets Manager can't find the specified secret version: {0}")]
    NoSuchVersion(String),
    #[error("You can't move AWSCURRENT to version {0}, which has no value.")]
    NoValue(String),
}

impl Versions {
    pub(super) fn get(&self, id: &str) -> Option<&Version> {
        self.0.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Version)> {
        self.0.iter().map(|(id, version)| (id.as_str(), version))
    }

    pub(super) fn holder(&self, label: &str) -> Option<&str> {
        self.iter().find(|(_, version)| version.labels.contains(label)).map(|(id, _)| id)
    }

    /// `PutSecretValue`. The same id with the same value again changes nothing.
    pub(super) fn put(
        &mut self,
        id: &str,
        body: SecretBody,
        labels: &[String],
        now: SystemTime,
    ) -> Result<(), StagingError> {
        match self.0.get_mut(id) {
            Some(Version { body: Some(known), .. }) if *known == body => return Ok(()),
            Some(Version { body: Some(_), .. }) => return Err(StagingError::OtherBody),
            Some(empty) => empty.body = Some(body),
            None => {
                self.0.insert(
                    id.to_owned(),
                    Version { body: Some(body), labels: BTreeSet::new(), created: now },
                );
            }
        }
        // The first value is the current one, whatever the caller asked for.
        if self.holder(CURRENT).is_none() {
            self.attach(CURRENT, id);
        }
        for label in labels {
            self.attach(label, id);
        }
        Ok(())
    }

    /// `RotateSecret`: a version without a value, for the rotation function to fill.
    pub(super) fn begin_rotation(&mut self, id: &str, now: SystemTime) {
        let empty = Version { body: None, labels: BTreeSet::new(), created: now };
        self.0.entry(id.to_owned()).or_insert(empty);
        self.attach(PENDING, id);
    }

    /// What Secrets Manager does once the rotation function has succeeded in all
    /// its steps. A version that is pending and not current stays so: the next
    /// rotation takes it up.
    pub(super) fn end_rotation(&mut self) {
        let current = self.holder(CURRENT).map(str::to_owned);
        if let Some(current) = current {
            self.detach(PENDING, &current);
        }
    }

    /// `UpdateSecretVersionStage`.
    pub(super) fn move_label(
        &mut self,
        label: &str,
        to: Option<&str>,
        from: Option<&str>,
    ) -> Result<(), StagingError> {
        let holder = self.holder(label).map(str::to_owned);
        if let Some(from) = from
            && holder.as_deref() != Some(from)
        {
            return Err(StagingError::LabelNotThere { label: label.to_owned(), version: from.to_owned() });
        }
        let Some(to) = to else {
            return match from {
                None => Err(StagingError::NothingToDo),
                Some(_) if label == CURRENT => Err(StagingError::CurrentRemoved),
                Some(from) => {
                    self.detach(label, from);
                    Ok(())
                }
            };
        };
        let target = self.0.get(to).ok_or_else(|| StagingError::NoSuchVersion(to.to_owned()))?;
        if label == CURRENT && target.body.is_none() {
            return Err(StagingError::NoValue(to.to_owned()));
        }
        // Whoever moves a label must say where from, so that two movers at once
        // cannot both succeed.
        if let Some(holder) = holder
            && holder != to
            && from.is_none()
        {
            return Err(StagingError::LabelElsewhere { label: label.to_owned(), holder });
        }
        self.attach(label, to);
        Ok(())
    }

    fn attach(&mut self, label: &str, id: &str) {
        let holder = self.holder(label).map(str::to_owned);
        if holder.as_deref() == Some(id) {
            return;
        }
        if let Some(holder) = holder {
            self.detach(label, &holder);
            if label == CURRENT {
                self.attach(PREVIOUS, &holder);
            }
        }
        if let Some(version) = self.0.get_mut(id) {
            version.labels.insert(label.to_owned());
            if label == CURRENT {
                version.labels.remove(PREVIOUS);
            }
        }
    }

    fn detach(&mut self, label: &str, id: &str) {
        if let Some(version) = self.0.get_mut(id) {
            version.labels.remove(label);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn body(text: &str) -> SecretBody {
        SecretBody::Text(text.to_owned())
    }

    fn put(versions: &mut Versions, id: &str, labels: &[&str]) {
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        versions.put(id, body(id), &labels, SystemTime::UNIX_EPOCH).unwrap();
    }

    fn check(versions: &Versions, expected: &Expect) {
        let lines: Vec<String> = versions
            .iter()
            .map(|(id, version)| {
                format!("{id}: {}", version.labels.iter().cloned().collect::<Vec<_>>().join(" "))
            })
            .collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_new_current_version_leaves_one_previous() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[CURRENT]);
        put(&mut versions, "b", &[CURRENT]);
        put(&mut versions, "c", &[CURRENT]);
        check(
            &versions,
            &expect![[r"
                a: 
                b: AWSPREVIOUS
                c: AWSCURRENT"]],
        );
    }

    #[test]
    fn a_rotation_moves_current_and_previous() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[CURRENT]);
        versions.begin_rotation("b", SystemTime::UNIX_EPOCH);
        assert_eq!(
            versions.move_label(CURRENT, Some("b"), Some("a")),
            Err(StagingError::NoValue("b".to_owned()))
        );
        put(&mut versions, "b", &[PENDING]);
        versions.move_label(CURRENT, Some("b"), Some("a")).unwrap();
        check(
            &versions,
            &expect![[r"
                a: AWSPREVIOUS
                b: AWSCURRENT AWSPENDING"]],
        );
        versions.move_label(PENDING, None, Some("b")).unwrap();
        versions.move_label(CURRENT, Some("a"), Some("b")).unwrap();
        check(
            &versions,
            &expect![[r"
                a: AWSCURRENT
                b: AWSPREVIOUS"]],
        );
    }

    #[test]
    fn a_label_moves_only_from_where_it_is() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[CURRENT]);
        put(&mut versions, "b", &["mine"]);
        let refused = |outcome: Result<(), StagingError>| format!("{:?}", outcome.unwrap_err());
        expect![[r#"LabelElsewhere { label: "AWSCURRENT", holder: "a" }"#]]
            .assert_eq(&refused(versions.move_label(CURRENT, Some("b"), None)));
        expect![[r#"LabelNotThere { label: "AWSCURRENT", version: "b" }"#]]
            .assert_eq(&refused(versions.move_label(CURRENT, Some("b"), Some("b"))));
        expect!["CurrentRemoved"].assert_eq(&refused(versions.move_label(CURRENT, None, Some("a"))));
        expect![[r#"NoSuchVersion("c")"#]].assert_eq(&refused(versions.move_label(
            CURRENT,
            Some("c"),
            Some("a"),
        )));
        versions.move_label("mine", Some("a"), Some("b")).unwrap();
        assert_eq!(versions.holder("mine"), Some("a"));
    }

    #[test]
    fn the_same_value_again_changes_nothing() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[PENDING]);
        put(&mut versions, "a", &["other"]);
        assert_eq!(versions.put("a", body("b"), &[], SystemTime::UNIX_EPOCH), Err(StagingError::OtherBody));
        check(&versions, &expect!["a: AWSCURRENT AWSPENDING"]);
    }
}
