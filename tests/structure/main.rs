//! The shape of the project, held by tests: who may depend on whom, and that
//! every module says what it is for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Our own crates that each of them depends on, tests aside.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<_> = packages.iter().map(name).collect();
    let normal = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
        normal.map(name).filter(|name| ours.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), normal(package))).collect()
}

#[test]
fn arrows_point_one_way() {
    let allowed: [(&str, &[&str]); 9] = [
        ("token", &[]),
        ("keys", &["token"]),
        ("registry", &["token"]),
        ("decision", &["keys", "registry", "token"]),
        ("listener", &[]),
        ("authorizer", &["decision", "keys", "registry", "token"]),
        ("chatbot", &["decision", "keys", "listener", "registry", "token"]),
        ("issuer", &["keys", "listener", "registry", "token"]),
        ("rotator", &["keys", "token"]),
    ];
    let allowed: BTreeMap<_, _> = allowed.into_iter().collect();
    for (from, to) in arrows() {
        if ["local", "tests"].contains(&from.as_str()) {
            continue;
        }
        let allowed =
            allowed.get(from.as_str()).unwrap_or_else(|| panic!("{from} has no place among the arrows"));
        for to in to {
            assert!(allowed.contains(&to.as_str()), "{from} may not depend on {to}");
        }
    }
}

#[test]
fn the_token_crate_is_pure() {
    let tree = cargo(&["tree", "--offline", "-p", "token", "--edges", "normal", "--prefix", "none"]);
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap();
        let impure = name.starts_with("aws-")
            || name.starts_with("sqlx")
            || ["tokio", "http", "hyper", "axum"].contains(&name);
        assert!(!impure, "token depends on {line}");
    }
}

#[test]
fn one_tls_stack_serves_everything() {
    let tree = cargo(&["tree", "--offline", "--workspace", "--edges", "normal,build", "--prefix", "none"]);
    let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for foreign in ["openssl-sys", "native-tls", "aws-lc-sys", "rsa"] {
        assert!(!names.contains(foreign), "{foreign} is in the tree");
    }
    let versions = tree.lines().filter(|line| line.starts_with("rustls v"));
    let rustls: BTreeSet<_> = versions.map(|line| line.trim_end_matches(" (*)")).collect();
    assert_eq!(rustls.len(), 1, "{rustls:?}");
}

/// All Rust files of the project.
fn sources() -> Vec<PathBuf> {
    let mut folders = vec![root().join("functions"), root().join("tests")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("target") {
                // What a build leaves behind is not ours.
            } else if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 50, "{} files are not the project", files.len());
    files
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with //!", file.display());
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let before_tests = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        let is_test = file.components().any(|part| part.as_os_str() == "tests")
            || ["_tests.rs", "/tests.rs"].iter().any(|end| file.to_string_lossy().ends_with(end));
        assert!(is_test || before_tests <= 300, "{} has {before_tests} lines", file.display());
    }
}
