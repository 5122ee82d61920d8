//! `rallypoint://join/CODE`

use rallypoint_protocol::SessionCode;

/// Longest link that is looked at, in bytes.
pub(super) const MAX_LINK: usize = 2048;

/// The session that a link asks to join, from `rallypoint://join/CODE`. A query or fragment is left aside.
pub fn parse_link(uri: &str) -> Option<SessionCode> {
    if uri.len() > MAX_LINK {
        return None;
    }
    let (scheme, rest) = uri.trim().split_once("://")?;
    let (action, code) = rest.split_once('/')?;
    let code = code.split(['?', '#']).next()?.trim_end_matches('/');
    (scheme.eq_ignore_ascii_case("rallypoint") && action.eq_ignore_ascii_case("join")).then(|| code.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_join_links_only() {
        let code = "K7QX2M".parse().ok();
        for good in [
            "rallypoint://join/K7QX2M",
            "RALLYPOINT://JOIN/k7qx2m",
            "rallypoint://join/K7QX2M/",
            " rallypoint://join/K7QX2M?from=web#x\n",
        ] {
            assert_eq!(parse_link(good), code, "{good}");
        }
        let long = format!("rallypoint://join/K7QX2M?{}", "x".repeat(MAX_LINK));
        for bad in [
            "",
            "K7QX2M",
            "http://join/K7QX2M",
            "rallypoint://leave/K7QX2M",
            "rallypoint://join/",
            "rallypoint://join/K7QX2M/../x",
            "rallypoint:join/K7QX2M",
            "rallypoint://join/K7QX20",
            &long,
        ] {
            assert_eq!(parse_link(bad), None, "{bad}");
        }
    }
}
