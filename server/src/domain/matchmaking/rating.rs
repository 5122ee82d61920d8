//! Ratings: Weng and Lin's method, shown on the familiar scale that starts at 1500.

use skillratings::{
    Outcomes,
    weng_lin::{WengLinConfig, WengLinRating, weng_lin},
};

use crate::store::matches::RatingRecord;

/// Millionths in a unit of skill.
const MILLION: f64 = 1e6;
/// Shown points in a unit of skill: the method starts everybody at 25 units.
const POINTS: f64 = 60.0;

/// A rating as it is shown.
pub fn shown(skill: Option<i64>) -> i32 {
    let units = skill.map_or_else(|| WengLinRating::new().rating, |skill| skill as f64 / MILLION);
    (units * POINTS).round() as i32
}

/// Both players' ratings after a match; `None` stands for a player without one. `winner` is 0 or 1, `None` after a draw.
pub fn after(before: [Option<RatingRecord>; 2], winner: Option<usize>) -> [RatingRecord; 2] {
    let known = |record: Option<RatingRecord>| {
        record.map_or_else(WengLinRating::new, |record| WengLinRating {
            rating: record.skill as f64 / MILLION,
            uncertainty: record.uncertainty as f64 / MILLION,
        })
    };
    let outcome = match winner {
        Some(0) => Outcomes::WIN,
        Some(_) => Outcomes::LOSS,
        None => Outcomes::DRAW,
    };
    let (one, other) = weng_lin(&known(before[0]), &known(before[1]), &outcome, &WengLinConfig::new());
    [one, other].map(|rating| RatingRecord {
        skill: (rating.rating * MILLION).round() as i64,
        uncertainty: (rating.uncertainty * MILLION).round() as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winners_rise_losers_fall_and_the_unknown_move_most() {
        assert_eq!(shown(None), 1500);
        let first = after([None, None], Some(0));
        let [up, down] = first.map(|rating| shown(Some(rating.skill)));
        assert!(up > 1550 && down < 1450, "{up} {down}");
        let mut pair = first.map(Some);
        for _ in 0..20 {
            pair = after(pair, Some(0)).map(Some);
        }
        let before = pair.map(|rating| rating.unwrap());
        let step = shown(Some(after(pair, Some(0))[0].skill)) - shown(Some(before[0].skill));
        assert!((0..up - 1500).contains(&step), "{step}");
        assert!(before[0].uncertainty < first[0].uncertainty);
    }

    #[test]
    fn a_draw_between_equals_changes_nothing_but_the_certainty() {
        let [one, other] = after([None, None], None);
        assert_eq!([shown(Some(one.skill)), shown(Some(other.skill))], [1500, 1500]);
    }
}
