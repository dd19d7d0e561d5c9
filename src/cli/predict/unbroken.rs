//! Should a picture break the program, it costs that picture its answer, and no other.

use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` on a picture gives, or an error in place of its panic.
///
/// Nothing that pictures share is changed while one is read, but for buffers that the next one fills anew.
pub(super) fn unbroken<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::Picture {
            problem: "this picture broke the program".to_owned(),
            remedy: "please report it".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_its_picture() {
        let broken = unbroken(|| -> Result<u8> { panic!("a picture that nobody has thought of") });
        assert!(matches!(broken, Err(Error::Picture { .. })));
        assert_eq!(unbroken(|| Ok(7)).unwrap(), 7);
    }
}
