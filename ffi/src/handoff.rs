//! The places of first copies that this process holds.

use parking_lot::Mutex;
use rallypoint::{Client, handoff::Listener};

use crate::{
    registry::Registry,
    status::{Failure, RP_ERR_HANDLE},
    types::rp_handle,
};

static PLACES: Registry<Mutex<Place>> = Registry::new(2);

struct Place {
    /// `None` once it was attached or freed while another thread was looking.
    listener: Option<Listener>,
    /// A link that did not fit the buffer that was offered.
    held: Option<String>,
}

pub(crate) fn insert(listener: Listener) -> Result<rp_handle, Failure> {
    PLACES.insert(Mutex::new(Place { listener: Some(listener), held: None }))
}

/// Hands the oldest link to `use_it`, and forgets it if that went well.
pub(crate) fn next(handle: rp_handle, use_it: impl FnOnce(&str) -> Result<(), Failure>) -> Result<i32, Failure> {
    let place = PLACES.get(handle)?;
    let mut place = place.lock();
    let link = match place.held.take() {
        Some(link) => Some(link),
        None => place.listener.as_mut().ok_or_else(gone)?.try_next(),
    };
    let Some(link) = link else { return Ok(0) };
    let used = use_it(&link);
    if used.is_err() {
        place.held = Some(link);
    }
    used.map(|()| 1)
}

pub(crate) fn attach(handle: rp_handle, client: &Client) -> Result<(), Failure> {
    let place = PLACES.remove(handle)?;
    let mut place = place.lock();
    let listener = place.listener.take().ok_or_else(gone)?;
    if let Some(link) = place.held.take() {
        client.open_link(&link).map_err(|error| Failure::from(&error))?;
    }
    listener.forward_to(client.clone());
    Ok(())
}

pub(crate) fn remove(handle: rp_handle) -> Result<(), Failure> {
    let place = PLACES.remove(handle)?;
    place.lock().listener.take();
    Ok(())
}

pub(crate) fn close_all() {
    for place in PLACES.drain() {
        place.lock().listener.take();
    }
}

fn gone() -> Failure {
    Failure::new(RP_ERR_HANDLE, "the handoff was freed or attached at this moment")
}
