//! Telling a Linux desktop which program opens a scheme's links.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{HandoffError, check_app_id};

const DEFAULTS: &str = "[Default Applications]";

/// Where a user's desktop settings are.
pub(super) struct Homes {
    pub(super) data: PathBuf,
    pub(super) config: PathBuf,
}

impl Homes {
    pub(super) fn of_this_user() -> Result<Self, HandoffError> {
        let home = || env::var_os("HOME").map(PathBuf::from);
        let folder = |variable: &str, below_home: &str| {
            let set = env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
            set.or_else(|| Some(home()?.join(below_home)))
        };
        match (folder("XDG_DATA_HOME", ".local/share"), folder("XDG_CONFIG_HOME", ".config")) {
            (Some(data), Some(config)) => Ok(Self { data, config }),
            _ => Err(HandoffError::InvalidInput("HOME is not set".into())),
        }
    }
}

pub(super) fn register_in(
    homes: &Homes,
    app_id: &str,
    name: &str,
    scheme: &str,
    exe: &Path,
) -> Result<PathBuf, HandoffError> {
    check_app_id(app_id)?;
    if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
        return Err(HandoffError::InvalidInput("the name has 1 to 128 bytes in one line".into()));
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
    if !is_scheme {
        return Err(HandoffError::InvalidInput(format!("{scheme:?} is no scheme in lower case")));
    }
    let Some(exe) = exe.to_str().filter(|path| exe.is_absolute() && !path.chars().any(char::is_control)) else {
        return Err(HandoffError::InvalidInput("the program's path must be absolute and readable".into()));
    };
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName={}\nExec={} %u\nTerminal=false\nNoDisplay=true\n\
         MimeType=x-scheme-handler/{scheme};\n",
        name.replace('\\', "\\\\"),
        quote(exe),
    );
    let file = homes.data.join("applications").join(format!("{app_id}.desktop"));
    replace(&file, &entry)?;
    let list = homes.config.join("mimeapps.list");
    let before = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    replace(&list, &with_default(&before, &format!("x-scheme-handler/{scheme}"), &format!("{app_id}.desktop")))?;
    Ok(file)
}

/// Quotes a program for `Exec`: once as an argument, once as a text, and `%` is a field there.
fn quote(exe: &str) -> String {
    let mut quoted = String::from("\"");
    for character in exe.chars() {
        match character {
            '\\' => quoted.push_str("\\\\\\\\"),
            '"' | '`' | '$' => {
                quoted.push_str("\\\\");
                quoted.push(character);
            }
            '%' => quoted.push_str("%%"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The list with this one default set, and all else as it was.
fn with_default(list: &str, mime: &str, desktop_file: &str) -> String {
    let line = format!("{mime}={desktop_file}");
    let mut lines: Vec<&str> = Vec::new();
    let mut inside = false;
    let mut done = false;
    for old in list.lines() {
        if old.trim_start().starts_with('[') {
            inside = old.trim() == DEFAULTS;
        }
        let same = inside && old.split_once('=').is_some_and(|(key, _)| key.trim() == mime);
        if same {
            continue;
        }
        lines.push(old);
        if inside && !done && old.trim() == DEFAULTS {
            lines.push(&line);
            done = true;
        }
    }
    if !done {
        lines.extend([DEFAULTS, &line]);
    }
    lines.join("\n") + "\n"
}

/// Replaces a file as a whole, so that a crash leaves the old or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = file.as_os_str().to_owned();
    new.push(format!(".{:08x}.new", rand::random::<u32>()));
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_a_program_and_keeps_what_others_have_registered() {
        let folder = tempfile::tempdir().unwrap();
        let homes = Homes { data: folder.path().join("data"), config: folder.path().join("config") };
        fs::create_dir_all(&homes.config).unwrap();
        let list = homes.config.join("mimeapps.list");
        fs::write(&list, "[Added Associations]\na/b=c.desktop\n\n[Default Applications]\ntext/html=web.desktop\n")
            .unwrap();
        for _ in 0..2 {
            let exe = Path::new("/opt/my game/100%/pong");
            let file = register_in(&homes, "org.example.pong", "Pong", "rallypoint", exe).unwrap();
            let entry = fs::read_to_string(file).unwrap();
            assert!(entry.contains("Exec=\"/opt/my game/100%%/pong\" %u\n"), "{entry}");
            assert!(entry.contains("MimeType=x-scheme-handler/rallypoint;\n"), "{entry}");
        }
        assert_eq!(
            fs::read_to_string(&list).unwrap(),
            "[Added Associations]\na/b=c.desktop\n\n[Default Applications]\n\
             x-scheme-handler/rallypoint=org.example.pong.desktop\ntext/html=web.desktop\n"
        );
        let left: Vec<_> = fs::read_dir(&homes.config).unwrap().collect();
        assert_eq!(left.len(), 1, "no half-written file stays");
    }

    #[test]
    fn what_could_break_out_of_the_file_is_refused_or_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let homes = Homes { data: folder.path().join("data"), config: folder.path().join("config") };
        let register = |app_id: &str, name: &str, scheme: &str, exe: &str| {
            register_in(&homes, app_id, name, scheme, Path::new(exe)).is_err()
        };
        assert!(register("../evil", "Pong", "rallypoint", "/bin/pong"));
        assert!(register("pong", "Pong\nExec=evil", "rallypoint", "/bin/pong"));
        assert!(register("pong", "Pong", "x;y", "/bin/pong"));
        assert!(register("pong", "Pong", "rallypoint", "bin/pong"));
        assert!(register("pong", "Pong", "rallypoint", "/bin/pong\nX=1"));
        assert_eq!(quote(r#"/a"b$c\d"#), r#""/a\\"b\\$c\\\\d""#);
    }
}
