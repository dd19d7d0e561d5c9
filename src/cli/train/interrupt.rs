//! Ctrl-C, and the system's wish that a process ends: the first time a wish, the second time an order.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The exit code of a program that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

/// A flag that the first signal sets. The second one ends the process at once.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: a signal ends the process only if an earlier one has set the flag.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|reason| Error::System {
                what: "cannot wait for Ctrl-C",
                reason: reason.to_string(),
            })?;
    }
    Ok(stop)
}
