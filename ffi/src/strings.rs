//! Memory that belongs to the caller: read once, written once, never kept.

use std::{ffi::c_char, ptr, slice};

use rallypoint::protocol::SessionCode;

use crate::{
    status::{Failure, RP_ERR_BUFFER, RP_ERR_UTF8},
    types::rp_str,
};

/// No argument is longer: what the server takes at most, in bytes.
const MAX_TEXT: usize = rallypoint::protocol::MAX_FRAME_BYTES;

impl rp_str {
    pub const ABSENT: Self = Self { ptr: ptr::null(), len: 0 };

    /// Points to `text`, which the caller keeps alive.
    pub fn of(text: &str) -> Self {
        if text.is_empty() { Self::ABSENT } else { Self { ptr: text.as_ptr().cast(), len: text.len() } }
    }
}

/// The text at `text`, or `None` for an empty one.
///
/// # Safety
/// `text` is null or points to `len` bytes that nobody changes while the result lives.
pub(crate) unsafe fn read<'a>(text: *const c_char, len: usize, what: &str) -> Result<Option<&'a str>, Failure> {
    if len == 0 {
        return Ok(None);
    }
    if text.is_null() {
        return Err(Failure::null(what));
    }
    if len > MAX_TEXT {
        return Err(Failure::argument(format!("{what} is longer than {MAX_TEXT} bytes")));
    }
    let bytes = unsafe { slice::from_raw_parts(text.cast::<u8>(), len) };
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::new(RP_ERR_UTF8, format!("{what} is not UTF-8")))?;
    Ok(Some(text))
}

/// As [`read`], for what must be there.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn read_required<'a>(text: *const c_char, len: usize, what: &str) -> Result<&'a str, Failure> {
    match unsafe { read(text, len, what) }? {
        Some(text) => Ok(text),
        None if text.is_null() => Err(Failure::null(what)),
        None => Err(Failure::argument(format!("{what} is empty"))),
    }
}

/// # Safety
/// As [`read`].
pub(crate) unsafe fn read_code(code: *const c_char, len: usize) -> Result<SessionCode, Failure> {
    let code = unsafe { read_required(code, len, "code") }?;
    code.parse().map_err(|error| Failure::argument(format!("code: {error}")))
}

/// A copy of the structure at `pointer`, or `None` for null.
///
/// # Safety
/// `pointer` is null or readable. It need not be aligned.
pub(crate) unsafe fn read_struct<T: Copy>(pointer: *const T) -> Option<T> {
    if pointer.is_null() { None } else { Some(unsafe { pointer.read_unaligned() }) }
}

/// A copy of `count` values.
///
/// # Safety
/// `values` is null or points to that many values. They need not be aligned.
pub(crate) unsafe fn read_slice<T: Copy>(values: *const T, count: usize, what: &str) -> Result<Vec<T>, Failure> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if values.is_null() {
        return Err(Failure::null(what));
    }
    Ok((0..count).map(|index| unsafe { values.add(index).read_unaligned() }).collect())
}

/// Writes a result that the caller must take.
///
/// # Safety
/// `target` is null or can be written. It need not be aligned.
pub(crate) unsafe fn write<T>(target: *mut T, value: T, what: &str) -> Result<(), Failure> {
    if target.is_null() {
        return Err(Failure::null(what));
    }
    unsafe { target.write_unaligned(value) };
    Ok(())
}

/// Writes a result that the caller may leave.
///
/// # Safety
/// As [`write`].
pub(crate) unsafe fn write_if<T>(target: *mut T, value: T) {
    if !target.is_null() {
        unsafe { target.write_unaligned(value) };
    }
}

/// Copies `text` out, all of it or nothing; `length` gets its bytes in both cases.
///
/// # Safety
/// `buffer` is null or holds `capacity` bytes; `length` is null or can be written.
pub(crate) unsafe fn copy_out(
    text: &str,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<(), Failure> {
    if buffer.is_null() && capacity > 0 {
        return Err(Failure::null("buffer"));
    }
    unsafe { write(length, text.len(), "length") }?;
    if text.len() > capacity {
        return Err(Failure::new(RP_ERR_BUFFER, format!("the buffer holds {capacity} of {} bytes", text.len())));
    }
    if !text.is_empty() {
        unsafe { ptr::copy_nonoverlapping(text.as_ptr().cast(), buffer, text.len()) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{RP_ERR_ARGUMENT, RP_ERR_NULL};

    fn read_bytes(bytes: &[u8]) -> Result<Option<&str>, i32> {
        unsafe { read(bytes.as_ptr().cast(), bytes.len(), "text") }.map_err(|failure| failure.code)
    }

    #[test]
    fn text_is_checked_before_it_is_used() {
        assert_eq!(read_bytes("žluťoučký".as_bytes()), Ok(Some("žluťoučký")));
        assert_eq!(read_bytes(b"a\0b"), Ok(Some("a\0b")));
        assert_eq!(read_bytes(b"\xff\xfe"), Err(RP_ERR_UTF8));
        assert_eq!(read_bytes(&vec![b'x'; MAX_TEXT + 1]), Err(RP_ERR_ARGUMENT));
        assert_eq!(read_bytes(b""), Ok(None));
        let absent = |len| unsafe { read(ptr::null(), len, "text") }.map_err(|failure| failure.code);
        assert_eq!((absent(0), absent(3)), (Ok(None), Err(RP_ERR_NULL)));
        // A length that cannot be one must not be followed into memory.
        let wild = unsafe { read(c"a".as_ptr(), usize::MAX, "text") };
        assert_eq!(wild.unwrap_err().code, RP_ERR_ARGUMENT);
    }

    #[test]
    fn copying_out_is_all_or_nothing_and_always_tells_the_length() {
        let (mut buffer, mut length) = ([7u8; 4], 0);
        let mut copy = |text: &str, capacity| {
            let result = unsafe { copy_out(text, buffer.as_mut_ptr().cast(), capacity, &mut length) };
            (result.map_err(|failure| failure.code), length, buffer)
        };
        assert_eq!(copy("abcde", 4), (Err(RP_ERR_BUFFER), 5, [7; 4]));
        assert_eq!(copy("abc", 4), (Ok(()), 3, *b"abc\x07"));
        assert_eq!(copy("", 0), (Ok(()), 0, *b"abc\x07"));
    }

    #[test]
    fn structures_need_not_be_aligned() {
        let mut bytes = [0u8; 17];
        let odd = unsafe { bytes.as_mut_ptr().add(1) }.cast::<u64>();
        unsafe { write(odd, 0x0102_0304_0506_0708, "number") }.unwrap();
        assert_eq!(unsafe { read_struct(odd) }, Some(0x0102_0304_0506_0708));
        assert_eq!(unsafe { read_slice(odd, 1, "numbers") }.unwrap(), [0x0102_0304_0506_0708]);
        assert!(unsafe { write(ptr::null_mut::<u64>(), 1, "number") }.is_err());
    }
}
