//! The committed header says what the library does.

use std::path::Path;

use rallypoint::protocol::ErrorCode;

fn committed() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/rallypoint.h")).unwrap()
}

#[test]
fn is_what_would_be_generated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let mut generated = Vec::new();
    cbindgen::generate_with_config(folder, config).unwrap().write(&mut generated);
    assert!(String::from_utf8(generated).unwrap() == committed(), "out of date: run cargo xtask bindings");
}

#[test]
fn defines_the_whole_error_catalogue() {
    let header = committed();
    for code in ErrorCode::ALL {
        let line = format!("\n#define RP_CODE_{code} {}\n", code.number());
        assert!(header.contains(&line), "RP_CODE_{code} is missing");
    }
}

#[test]
fn does_not_show_what_is_for_tests() {
    assert!(!committed().contains("testing"));
}
