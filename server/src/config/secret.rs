//! The secret that the server makes for itself.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::ConfigError;

pub(super) fn beside(database: &str) -> Result<Vec<u8>, ConfigError> {
    let path = path(database).ok_or(ConfigError::NoSecret)?;
    make(&path)
        .or_else(|error| if error.kind() == ErrorKind::AlreadyExists { read(&path) } else { Err(error) })
        .map_err(|source| ConfigError::Unreadable { path, source })
}

fn path(database: &str) -> Option<PathBuf> {
    let file = database.strip_prefix("sqlite://").or_else(|| database.strip_prefix("sqlite:"))?;
    let file = file.split('?').next().filter(|file| !file.is_empty() && !file.contains(":memory:"))?;
    Some(PathBuf::from(format!("{file}.secret")))
}

fn make(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let secret: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
    options.open(path)?.write_all(secret.as_bytes())?;
    Ok(secret.into_bytes())
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut secret = Vec::new();
    std::fs::File::open(path)?.read_to_end(&mut secret)?;
    if secret.len() < 16 {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "the secret in it is too short; delete the file"));
    }
    Ok(secret)
}
