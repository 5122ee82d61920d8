//! Files that are made from others, or that must come in pairs.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{bindings, workspace::Workspace};

pub fn check(workspace: &Workspace) -> Result<()> {
    bindings::check(workspace)?;
    metas(&workspace.root.join("unity_bindings"))
}

/// Unity ignores a file of an installed package that has no `.meta`, and mixes up two with one id.
fn metas(package: &Path) -> Result<()> {
    let mut complaints = Vec::new();
    let mut ids: HashMap<String, PathBuf> = HashMap::new();
    let mut folders = vec![package.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Unity looks into neither, and wants no metas there.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            if let Some(stem) = name.strip_suffix(".meta") {
                if !folder.join(stem).exists() {
                    complaints.push(format!("{} is about nothing", path.display()));
                }
                continue;
            }
            if path.is_dir() {
                folders.push(path.clone());
            }
            match id_of(&folder.join(format!("{name}.meta"))) {
                Err(error) => complaints.push(format!("{error:#}")),
                Ok(id) => {
                    if let Some(other) = ids.insert(id, path.clone()) {
                        complaints.push(format!("{} and {} have one id", path.display(), other.display()));
                    }
                }
            }
        }
    }
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    println!("{} files and folders of the Unity package, each with a .meta of its own", ids.len());
    Ok(())
}

fn id_of(meta: &Path) -> Result<String> {
    let text = fs::read_to_string(meta).with_context(|| format!("cannot read {}", meta.display()))?;
    let id = text.lines().find_map(|line| line.strip_prefix("guid: ")).unwrap_or_default().trim();
    ensure!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{} has no guid", meta.display());
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn package() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("Samples~")).unwrap();
        fs::write(folder.path().join("Samples~/Free.cs"), "").unwrap();
        folder
    }

    fn meta(id: u8) -> String {
        format!("fileFormatVersion: 2\nguid: {id:032x}\n")
    }

    #[test]
    fn a_missing_an_orphaned_and_a_repeated_meta_are_found() {
        let package = package();
        let folder = package.path();
        for name in ["Bare.cs", "One.cs", "Two.cs"] {
            fs::write(folder.join(name), "").unwrap();
        }
        fs::write(folder.join("One.cs.meta"), meta(1)).unwrap();
        fs::write(folder.join("Two.cs.meta"), meta(1)).unwrap();
        fs::write(folder.join("Gone.cs.meta"), meta(2)).unwrap();
        let error = metas(folder).unwrap_err().to_string();
        assert!(
            error.contains("Bare.cs.meta") && error.contains("one id") && error.contains("about nothing"),
            "{error}"
        );
        assert!(!error.contains("Free.cs"), "{error}");
    }

    #[test]
    fn a_complete_package_passes() {
        let package = package();
        let folder = package.path();
        fs::write(folder.join("One.cs"), "").unwrap();
        fs::write(folder.join("One.cs.meta"), meta(1)).unwrap();
        metas(folder).unwrap();
    }
}
