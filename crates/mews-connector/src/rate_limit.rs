//! Rate limiting of outgoing requests.
//!
//! # Guarantees
//!
//! * **No window of the server contains more requests than the limit**, no matter when the window starts. A slot is
//!   free again one window after the *response*, no matter how long the request took. This includes calls that are
//!   dropped or not polled. It also includes clients that are created one after another in one process, because the
//!   limiter outlives its last client for one window. The condition is that a request that its caller dropped reaches
//!   the server before the drop or not at all.
//! * **All limits of a token apply.** Clients with different limits for one server and access token share one limiter.
//!   The limits of all clients that still exist apply to all of them.
//! * **First come, first served** within a [`Priority`]; foreground before background. Background requests leave the
//!   [reserve](RateLimit::reserve) of the window free for the foreground.
//! * **A 429 pauses all traffic of the token**, also if the call that received it gives up or is dropped.
//!
//! A client with a custom clock, a custom limiter, or [`RateLimit::unlimited`] shares its limiter with its clones only.
//! The limiter does not consider other processes; see *Many workers* in the [guide](crate::guide).

mod admission;
mod limit;
mod limiter;
#[cfg(test)]
mod model;
mod registry;
mod status;
mod windows;

pub use admission::{Admission, AdmissionRequest, DeadlineExceeded, Permit, Priority, RateLimiter};
pub use limit::RateLimit;
pub use limiter::SlidingWindowLimiter;
pub(crate) use registry::Registry;
pub use status::{Limits, Window};
