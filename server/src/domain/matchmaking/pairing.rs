//! Who plays whom: a pure function of who waits, since when, and what time it is.
//!
//! The longest waiting choose first, the nearest rating among those they may meet. How far a rating may be widens with
//! the waiting, until it may be any: nobody who is compatible with anybody waits for ever.

use std::collections::{HashMap, HashSet};

use rallypoint_protocol::{TicketId, Timestamp, UserId, session::GameOptions};

/// A ticket that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub ticket: TicketId,
    /// Everybody who plays on this ticket: one player for now, room for parties later.
    pub players: Vec<UserId>,
    pub joined_at: Timestamp,
    pub rating: i32,
    pub options: GameOptions,
}

/// Two tickets that play each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Indices of the tickets, the longer waiting first.
    pub tickets: [usize; 2],
    /// Both wishes in one.
    pub options: GameOptions,
}

/// How far ratings may be apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// At once.
    pub start: u32,
    /// More with each second.
    pub per_second: u32,
    /// Seconds after which any rating will do.
    pub open_after: u64,
}

impl Window {
    /// `None`: as far as can be.
    pub fn after(&self, waited_ms: i64) -> Option<u32> {
        let waited = u64::try_from(waited_ms).unwrap_or(0);
        if waited >= self.open_after * 1000 {
            return None;
        }
        let wider = waited * u64::from(self.per_second) / 1000;
        Some(self.start.saturating_add(u32::try_from(wider).unwrap_or(u32::MAX)))
    }
}

/// Who never meets whom, whichever of the two blocked the other.
#[derive(Clone, Debug, Default)]
pub struct Blocks(HashSet<(UserId, UserId)>);

impl Blocks {
    pub fn add(&mut self, one: UserId, other: UserId) {
        self.0.insert((one.min(other), one.max(other)));
    }

    fn between(&self, one: &Waiting, other: &Waiting) -> bool {
        let met = |one: &UserId, other: &UserId| self.0.contains(&(*one.min(other), *one.max(other)));
        !self.0.is_empty() && one.players.iter().any(|a| other.players.iter().any(|b| met(a, b)))
    }
}

/// Pairs whoever can be. `waiting` may be in any order.
pub fn pair(waiting: &[Waiting], blocks: &Blocks, window: &Window, now: Timestamp) -> Vec<Pair> {
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    order.sort_unstable_by_key(|&index| (waiting[index].joined_at, waiting[index].ticket));
    let mut pool = Pool::new(waiting, &order);
    let mut pairs = Vec::new();
    for &index in &order {
        if pool.is_taken(index) {
            continue;
        }
        let window = window.after(now.0 - waiting[index].joined_at.0);
        if let Some((other, options)) = pool.best_for(index, window, blocks) {
            pool.take(index);
            pool.take(other);
            pairs.push(Pair { tickets: [index, other], options });
        }
    }
    pairs
}

/// Both players' options in one, if they fit together: what one leaves out, the other decides.
pub fn merged(one: &GameOptions, other: &GameOptions) -> Option<GameOptions> {
    fn either<T: Copy + PartialEq>(one: Option<T>, other: Option<T>) -> Option<Option<T>> {
        match (one, other) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => Some(one.or(other)),
        }
    }
    Some(GameOptions {
        game_speed: either(one.game_speed, other.game_speed)?,
        ranked: either(one.ranked, other.ranked)?,
        cool_mode: either(one.cool_mode, other.cool_mode)?,
        score_to_win: either(one.score_to_win, other.score_to_win)?,
        time_limit: either(one.time_limit, other.time_limit)?,
    })
}

/// A match from the queue is ranked unless somebody says otherwise.
pub fn is_ranked(options: &GameOptions) -> bool {
    options.ranked.unwrap_or(true)
}

/// Tickets by what they want, so that only those that fit are looked at.
struct Pool<'a> {
    waiting: &'a [Waiting],
    groups: Vec<Group>,
    /// Where each ticket stands: its group, and its places in the group's two rows.
    places: Vec<Place>,
    /// For each group, those whose options fit.
    fitting: Vec<Vec<(usize, GameOptions)>>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    group: usize,
    by_rating: usize,
    by_age: usize,
}

struct Group {
    options: GameOptions,
    by_rating: Row,
    by_age: Row,
}

impl<'a> Pool<'a> {
    fn new(waiting: &'a [Waiting], order: &[usize]) -> Self {
        let mut places = vec![Place::default(); waiting.len()];
        let mut numbers = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for &index in order {
            let group = *numbers.entry(waiting[index].options).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            });
            places[index].group = group;
            places[index].by_age = members[group].len();
            members[group].push(index);
        }
        let mut groups = Vec::with_capacity(members.len());
        for members in members {
            let options = waiting[members[0]].options;
            let mut by_rating = members.clone();
            // Stable: of equal ratings, the longest waiting stands first.
            by_rating.sort_by_key(|&index| waiting[index].rating);
            for (place, &index) in by_rating.iter().enumerate() {
                places[index].by_rating = place;
            }
            groups.push(Group { options, by_rating: Row::new(by_rating), by_age: Row::new(members) });
        }
        let fit = |one: &Group| {
            let others = groups.iter().enumerate();
            others.filter_map(|(number, other)| Some((number, merged(&one.options, &other.options)?))).collect()
        };
        let fitting = groups.iter().map(fit).collect();
        Self { waiting, groups, places, fitting }
    }

    fn is_taken(&self, index: usize) -> bool {
        let place = self.places[index];
        self.groups[place.group].by_age.is_taken(place.by_age)
    }

    fn take(&mut self, index: usize) {
        let place = self.places[index];
        let group = &mut self.groups[place.group];
        group.by_rating.take(place.by_rating);
        group.by_age.take(place.by_age);
    }

    /// The nearest in rating where that counts, else the longest waiting.
    fn best_for(&mut self, index: usize, window: Option<u32>, blocks: &Blocks) -> Option<(usize, GameOptions)> {
        let waiting = self.waiting;
        let me = &waiting[index];
        let age = |other: usize| (waiting[other].joined_at, waiting[other].ticket);
        let may_meet = |other: usize| other != index && !blocks.between(me, &waiting[other]);
        let mut best: Option<((u32, _), usize, GameOptions)> = None;
        for &(group, options) in &self.fitting[self.places[index].group] {
            let group = &mut self.groups[group];
            let candidates = if is_ranked(&options) {
                let start = group.by_rating.entries.partition_point(|&other| waiting[other].rating < me.rating);
                let above = group.by_rating.from(start, may_meet);
                let below = start.checked_sub(1).and_then(|start| group.by_rating.back_from(start, may_meet));
                // Of those with the same rating the longest waiting stands first.
                let below = below.and_then(|below| {
                    let rating = waiting[below].rating;
                    let first = group.by_rating.entries.partition_point(|&other| waiting[other].rating < rating);
                    group.by_rating.from(first, may_meet)
                });
                [above, below]
            } else {
                [group.by_age.from(0, may_meet), None]
            };
            for other in candidates.into_iter().flatten() {
                let ranked = is_ranked(&options);
                let distance = if ranked { waiting[other].rating.abs_diff(me.rating) } else { 0 };
                if ranked && window.is_some_and(|window| distance > window) {
                    continue;
                }
                let rank = (distance, age(other));
                if best.as_ref().is_none_or(|(least, ..)| rank < *least) {
                    best = Some((rank, other, options));
                }
            }
        }
        best.map(|(_, other, options)| (other, options))
    }
}

/// Tickets in a row, from which some have been taken. Finding the next that is left takes next to no time.
struct Row {
    entries: Vec<usize>,
    /// For each place, one further on that may be left; itself when it is. The last stands for none.
    onward: Vec<usize>,
    /// The same the other way, moved by one so that 0 stands for none.
    back: Vec<usize>,
}

impl Row {
    fn new(entries: Vec<usize>) -> Self {
        let onward = (0..=entries.len()).collect();
        let back = (0..=entries.len()).collect();
        Self { entries, onward, back }
    }

    fn is_taken(&self, place: usize) -> bool {
        self.onward[place] != place
    }

    fn take(&mut self, place: usize) {
        self.onward[place] = place + 1;
        self.back[place + 1] = place;
    }

    /// The first that is left and will do, from a place on.
    fn from(&mut self, start: usize, will_do: impl Fn(usize) -> bool) -> Option<usize> {
        let mut place = root(&mut self.onward, start);
        while let Some(&entry) = self.entries.get(place) {
            if will_do(entry) {
                return Some(entry);
            }
            place = root(&mut self.onward, place + 1);
        }
        None
    }

    /// The same towards the beginning.
    fn back_from(&mut self, start: usize, will_do: impl Fn(usize) -> bool) -> Option<usize> {
        let mut place = root(&mut self.back, start + 1);
        while place > 0 {
            let entry = self.entries[place - 1];
            if will_do(entry) {
                return Some(entry);
            }
            place = root(&mut self.back, place - 1);
        }
        None
    }
}

/// Follows the pointers to one that points to itself, and shortens the way for the next time.
fn root(pointers: &mut [usize], mut place: usize) -> usize {
    while pointers[place] != place {
        let further = pointers[pointers[place]];
        pointers[place] = further;
        place = further;
    }
    place
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
