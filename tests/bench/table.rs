//! The figures: measured, demanded, and whether they fit.

use std::fmt;

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    measured: String,
    bound: String,
    verdict: &'static str,
}

/// What a figure must be.
#[derive(Clone, Copy)]
pub enum Bound {
    Below(f64),
    Above(f64),
    AtMost(f64),
    /// Only told.
    None,
}

impl Table {
    /// A figure with its unit, shown with so many decimals.
    pub fn add(&mut self, what: &str, value: f64, unit: &str, decimals: usize, bound: Bound) {
        let (sign, limit, fits) = match bound {
            Bound::Below(limit) => ("<", limit, value < limit),
            Bound::Above(limit) => (">", limit, value > limit),
            Bound::AtMost(limit) => ("≤", limit, value <= limit),
            Bound::None => ("", 0.0, true),
        };
        let bounded = !matches!(bound, Bound::None);
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{value:.decimals$} {unit}").trim_end().to_owned(),
            bound: if bounded { format!("{sign} {limit} {unit}").trim_end().to_owned() } else { String::new() },
            verdict: if !bounded {
                ""
            } else if fits {
                "ok"
            } else {
                "miss"
            },
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = |pick: fn(&Row) -> &str, least: usize| {
            self.rows.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0).max(least)
        };
        let (what, measured, bound) =
            (wide(|row| &row.what, 4), wide(|row| &row.measured, 8), wide(|row| &row.bound, 7));
        writeln!(f, "| {:<what$} | {:>measured$} | {:>bound$} | {:<4} |", "what", "measured", "must be", "")?;
        writeln!(
            f,
            "|{:-<w$}|{:->m$}|{:->b$}|{:-<6}|",
            "",
            ":",
            ":",
            "",
            w = what + 2,
            m = measured + 2,
            b = bound + 2
        )?;
        for row in &self.rows {
            let Row { what: name, measured: value, bound: limit, verdict } = row;
            writeln!(f, "| {name:<what$} | {value:>measured$} | {limit:>bound$} | {verdict:<4} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_beyond_its_bound_is_a_miss() {
        let mut table = Table::default();
        table.add("fast enough", 7.25, "ms", 1, Bound::Below(8.0));
        table.add("too few", 7.0, "/s", 0, Bound::Above(8.0));
        table.add("just right", 2.0, "", 2, Bound::AtMost(2.0));
        table.add("told", 1.0, "B", 0, Bound::None);
        let text = table.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[2].contains("7.2 ms") && lines[2].ends_with("ok   |"), "{text}");
        assert!(lines[3].contains("> 8 /s") && lines[3].ends_with("miss |"), "{text}");
        assert!(lines[4].contains(" 2.00 |") && lines[4].contains(" ≤ 2 | ok "), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{text}");
    }
}
