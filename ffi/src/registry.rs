//! Handles: numbers for things that the library holds.
//!
//! A handle is a generation (upper 32 bits), a kind (8 bits) and a place (24 bits). Each use of a place has a
//! generation of its own, so that a handle that was freed stays an error for ever.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::{
    status::{Failure, RP_ERR_BUSY, RP_ERR_HANDLE},
    types::rp_handle,
};

/// How many things of one kind can live at once.
const LIMIT: usize = 4_096;
const PLACE_BITS: u32 = 24;
const GENERATION_SHIFT: u32 = 32;

pub(crate) struct Registry<T> {
    kind: u8,
    slots: RwLock<Slots<T>>,
}

struct Slots<T> {
    all: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    generation: u32,
    value: Option<Arc<T>>,
}

impl<T> Registry<T> {
    /// `kind` tells the handles of one registry from those of the others.
    pub const fn new(kind: u8) -> Self {
        Self { kind, slots: RwLock::new(Slots { all: Vec::new(), free: Vec::new() }) }
    }

    pub fn insert(&self, value: T) -> Result<rp_handle, Failure> {
        let mut slots = self.slots.write();
        let place = match slots.free.pop() {
            Some(place) => place,
            None if slots.all.len() < LIMIT => {
                slots.all.push(Slot { generation: 1, value: None });
                (slots.all.len() - 1) as u32
            }
            None => return Err(Failure::new(RP_ERR_BUSY, format!("{LIMIT} handles of this kind are in use"))),
        };
        let slot = &mut slots.all[place as usize];
        slot.value = Some(Arc::new(value));
        Ok(self.handle(place, slot.generation))
    }

    pub fn get(&self, handle: rp_handle) -> Result<Arc<T>, Failure> {
        self.look(handle, Arc::clone)
    }

    /// A short look at a thing, while which nothing of the kind can be added or removed.
    pub fn look<R>(&self, handle: rp_handle, look: impl FnOnce(&Arc<T>) -> R) -> Result<R, Failure> {
        let slots = self.slots.read();
        let slot = slots.all.get(self.place(handle)?).filter(|slot| slot.generation == generation(handle));
        slot.and_then(|slot| slot.value.as_ref()).map(look).ok_or_else(stale)
    }

    pub fn contains(&self, handle: rp_handle) -> bool {
        self.look(handle, |_| ()).is_ok()
    }

    /// Takes a thing out. Of several threads that do, one gets it.
    pub fn remove(&self, handle: rp_handle) -> Result<Arc<T>, Failure> {
        let place = self.place(handle)?;
        let mut slots = self.slots.write();
        let slot = slots.all.get_mut(place).filter(|slot| slot.generation == generation(handle));
        let slot = slot.ok_or_else(stale)?;
        let value = slot.value.take().ok_or_else(stale)?;
        if slot.retire() {
            slots.free.push(place as u32);
        }
        Ok(value)
    }

    /// Takes everything out.
    pub fn drain(&self) -> Vec<Arc<T>> {
        let mut slots = self.slots.write();
        let Slots { all, free } = &mut *slots;
        let mut taken = Vec::new();
        for (place, slot) in all.iter_mut().enumerate() {
            if let Some(value) = slot.value.take() {
                taken.push(value);
                if slot.retire() {
                    free.push(place as u32);
                }
            }
        }
        taken
    }

    fn handle(&self, place: u32, generation: u32) -> rp_handle {
        u64::from(generation) << GENERATION_SHIFT | u64::from(self.kind) << PLACE_BITS | u64::from(place)
    }

    fn place(&self, handle: rp_handle) -> Result<usize, Failure> {
        let kind = (handle >> PLACE_BITS) as u8;
        if kind == self.kind { Ok((handle & ((1 << PLACE_BITS) - 1)) as usize) } else { Err(stale()) }
    }
}

impl<T> Slot<T> {
    /// Moves on to the next generation; false if there is none left, and the place is given up.
    fn retire(&mut self) -> bool {
        self.generation = self.generation.wrapping_add(1);
        self.generation != 0
    }
}

fn generation(handle: rp_handle) -> u32 {
    (handle >> GENERATION_SHIFT) as u32
}

fn stale() -> Failure {
    Failure::new(RP_ERR_HANDLE, "the handle names nothing that lives")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_handle_stays_an_error_when_its_place_is_used_again() {
        let registry = Registry::new(1);
        let first = registry.insert("a").unwrap();
        assert_eq!(*registry.get(first).unwrap(), "a");
        assert_eq!(*registry.remove(first).unwrap(), "a");
        let second = registry.insert("b").unwrap();
        assert_eq!(first as u32, second as u32, "the place is used again");
        assert_ne!(first, second);
        assert!(registry.get(first).is_err() && registry.remove(first).is_err());
        assert_eq!(*registry.get(second).unwrap(), "b");
    }

    #[test]
    fn invented_handles_and_those_of_another_kind_are_errors() {
        let (clients, others) = (Registry::new(1), Registry::new(2));
        let client = clients.insert(()).unwrap();
        others.insert(()).unwrap();
        assert!(others.get(client).is_err());
        let mut invented = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..10_000 {
            invented = invented.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            assert!(invented == client || clients.get(invented).is_err());
        }
        assert!([0, 1, u64::MAX, client + 1].into_iter().all(|handle| clients.get(handle).is_err()));
    }

    #[test]
    fn a_place_whose_generations_are_used_up_is_given_up() {
        let registry = Registry::new(1);
        let first = registry.insert(0).unwrap();
        registry.remove(first).unwrap();
        registry.slots.write().all[0].generation = u32::MAX;
        let last = registry.insert(1).unwrap();
        registry.remove(last).unwrap();
        let elsewhere = registry.insert(2).unwrap();
        assert_ne!(elsewhere as u32, last as u32);
        assert!(registry.get(last).is_err() && registry.get(1 << PLACE_BITS).is_err());
    }

    #[test]
    fn draining_frees_all_and_the_number_is_limited() {
        let registry = Registry::new(3);
        let handles: Vec<_> = (0..LIMIT).map(|value| registry.insert(value).unwrap()).collect();
        assert_eq!(registry.insert(0).unwrap_err().code, RP_ERR_BUSY);
        assert_eq!(registry.drain().len(), LIMIT);
        assert!(handles.iter().all(|&handle| !registry.contains(handle)));
        assert!(registry.insert(0).is_ok());
    }

    #[test]
    fn one_of_many_threads_frees() {
        let registry = Registry::new(1);
        for _ in 0..200 {
            let handle = registry.insert(()).unwrap();
            let freed: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| registry.remove(handle).is_ok())).collect();
                threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
            });
            assert_eq!(freed, 1);
        }
    }
}
