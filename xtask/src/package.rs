//! `cargo xtask package`: the Unity package with its native library, ready to add to a project.

use std::{
    env, fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;

use crate::{
    build, process, tools,
    workspace::{Profile, Workspace},
};

/// The library's place in the package on this platform.
const PLUGINS: &str = "Runtime/Plugins/Linux/x86_64";
const LIBRARY: &str = "librallypoint_ffi.so";

#[derive(Args)]
pub struct Options {}

pub fn run(workspace: &Workspace, _: &Options) -> Result<ExitCode> {
    ensure!(
        env::consts::OS == "linux" && env::consts::ARCH == "x86_64",
        "native libraries are packaged on x86-64 Linux only"
    );
    tools::ensure(&[&tools::C_BUILD, &tools::STRIP])?;
    let library = release_library(workspace)?;

    let source = workspace.root.join("unity_bindings");
    let manifest: Value = serde_json::from_slice(&fs::read(source.join("package.json"))?)?;
    let field = |key: &str| manifest[key].as_str().with_context(|| format!("package.json has no {key}"));
    let name = format!("{}-{}", field("name")?, field("version")?);
    let out = workspace.target.join("package");
    // Unity, like npm, expects everything below a folder of this name.
    let package = out.join("package");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    copy_tree(&source, &package)?;

    let mut folder = package.clone();
    let mut path = String::new();
    for part in PLUGINS.split('/') {
        folder.push(part);
        path = format!("{path}/{part}");
        fs::create_dir_all(&folder)?;
        write_if_absent(&folder, &meta(path.trim_start_matches('/'), FOLDER_IMPORTER))?;
    }
    let plugin = folder.join(LIBRARY);
    fs::copy(&library, &plugin)?;
    write_if_absent(&plugin, &meta(&format!("{PLUGINS}/{LIBRARY}"), PLUGIN_IMPORTER))?;

    let archive = out.join(format!("{name}.tgz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf"]).arg(&archive).arg("-C").arg(&out);
    process::run(tar.arg("package"))?;
    println!("{} ({} KiB)", workspace.shown(&archive), fs::metadata(&archive)?.len() / 1024);
    Ok(ExitCode::SUCCESS)
}

/// Builds the native library as it ships, stripped, and returns where it is.
pub fn release_library(workspace: &Workspace) -> Result<std::path::PathBuf> {
    build::cargo_build(workspace, "building the native library", &["--release", "--package", "rallypoint-ffi"])?;
    let stripped = workspace.scratch("release")?.join(LIBRARY);
    // Another run may be reading it.
    let fresh = stripped.with_extension(format!("{}.new", std::process::id()));
    let mut strip = Command::new("strip");
    strip.args(["--strip-unneeded", "-o"]).arg(&fresh).arg(workspace.built(Profile::Release, LIBRARY));
    process::run(&mut strip)?;
    fs::rename(&fresh, &stripped)?;
    Ok(stripped)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn write_if_absent(beside: &Path, meta: &str) -> Result<()> {
    let mut path = beside.as_os_str().to_owned();
    path.push(".meta");
    if !Path::new(&path).exists() {
        fs::write(&path, meta)?;
    }
    Ok(())
}

/// What Unity keeps beside each file. The id stays the same from build to build, so references to it live on.
fn meta(path: &str, importer: &str) -> String {
    format!("fileFormatVersion: 2\nguid: {:016x}{:016x}\n{importer}", hash(path, 1), hash(path, 2))
}

/// FNV-1a, started from a salt.
fn hash(text: &str, salt: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

const FOLDER_IMPORTER: &str = "folderAsset: yes
DefaultImporter:
  externalObjects: {}
  userData: 
  assetBundleName: 
  assetBundleVariant: 
";

const PLUGIN_IMPORTER: &str = "PluginImporter:
  externalObjects: {}
  serializedVersion: 2
  iconMap: {}
  executionOrder: {}
  defineConstraints: []
  isPreloaded: 0
  isOverridable: 0
  isExplicitlyReferenced: 0
  validateReferences: 1
  platformData:
  - first:
      Any: 
    second:
      enabled: 0
      settings: {}
  - first:
      Editor: Editor
    second:
      enabled: 1
      settings:
        CPU: x86_64
        DefaultValueInitialized: true
        OS: Linux
  - first:
      Standalone: Linux64
    second:
      enabled: 1
      settings:
        CPU: x86_64
  userData: 
  assetBundleName: 
  assetBundleVariant: 
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_32_hexadecimal_digits_and_differ_by_path() {
        let id = |path| meta(path, "").lines().nth(1).and_then(|line| line.strip_prefix("guid: ")).map(str::to_owned);
        let (one, two) = (id("Runtime/a").unwrap(), id("Runtime/b").unwrap());
        assert_eq!((one.len(), two.len()), (32, 32));
        assert!(one != two && one.chars().all(|digit| digit.is_ascii_hexdigit()));
    }
}
