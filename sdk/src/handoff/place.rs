//! Where the copies of one player's game meet: a folder that nobody else can enter.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{HandoffError, check_app_id};

/// How long another copy may hold the lock. It does so for the blink in which it binds its socket.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(10);
/// What fits into a socket's address everywhere.
const MAX_PATH: usize = 100;

#[derive(Debug)]
pub(super) struct Place {
    pub(super) socket: PathBuf,
    lock: PathBuf,
    /// Whose it is.
    pub(super) uid: u32,
}

impl Place {
    /// In `$XDG_RUNTIME_DIR`, or in a folder of one's own under the temporary one.
    pub(super) fn of_this_user(app_id: &str) -> Result<Self, HandoffError> {
        let uid = own_uid()?;
        if let Some(folder) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
            && folder.is_absolute()
            && is_private(&folder, uid).unwrap_or(false)
        {
            return Self::within(&folder, uid, app_id);
        }
        let folder = std::env::temp_dir().join(format!("rallypoint-{uid}"));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        if !is_private(&folder, uid)? {
            return Err(HandoffError::Refused(format!("{} is open to others", folder.display())));
        }
        Self::within(&folder, uid, app_id)
    }

    pub(super) fn within(folder: &Path, uid: u32, app_id: &str) -> Result<Self, HandoffError> {
        check_app_id(app_id)?;
        let socket = folder.join(format!("{app_id}.sock"));
        if socket.as_os_str().len() > MAX_PATH {
            return Err(HandoffError::InvalidInput(format!("{} is too long for a socket", socket.display())));
        }
        Ok(Self { socket, lock: folder.join(format!("{app_id}.lock")), uid })
    }

    /// Held by whoever makes or removes the socket; freed when the file is dropped.
    pub(super) fn lock(&self) -> Result<File, HandoffError> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.lock)?;
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => {
                    return Err(HandoffError::Refused("another copy hangs while it starts".into()));
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }
}

/// Whether it is a folder of this user that nobody else can enter.
fn is_private(folder: &Path, uid: u32) -> io::Result<bool> {
    // Not following links: what a link shows may change.
    let found = fs::symlink_metadata(folder)?;
    Ok(found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
}

/// The user that files made by this process belong to.
pub(super) fn own_uid() -> io::Result<u32> {
    let probe = std::env::temp_dir().join(format!(".rallypoint-{:016x}", rand::random::<u64>()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe)?;
    let uid = file.metadata().map(|found| found.uid());
    fs::remove_file(&probe)?;
    uid
}
