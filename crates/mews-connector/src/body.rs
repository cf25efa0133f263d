//! Reads bodies under a limit, and keeps the beginning of those that an error is about.

use bytes::{Bytes, BytesMut};

use crate::error::KeptBody;
use crate::masking::Mask;

/// How much of the body of an error is kept.
pub(crate) const KEPT: usize = 64 * 1024;
/// How much memory a server gets for announcing a long body.
const MOST_AT_ONCE: usize = 4 * 1024 * 1024;

/// A body, as far as it was read.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) end: End,
}

/// How reading a body ended.
pub(crate) enum End {
    Complete,
    TooLong,
    Broken(reqwest::Error),
}

/// Reads a body, up to `limit` bytes of it.
pub(crate) async fn read(mut response: reqwest::Response, limit: usize) -> Body {
    // What is left of it, so it has to be asked for before the first chunk is taken.
    let expected = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    let mut bytes = BytesMut::new();
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => {
                return Body {
                    bytes: bytes.freeze(),
                    end: End::Complete,
                };
            }
            Err(error) => {
                return Body {
                    bytes: bytes.freeze(),
                    end: End::Broken(error),
                };
            }
        };
        let room = limit - bytes.len();
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Body {
                bytes: bytes.freeze(),
                end: End::TooLong,
            };
        }
        if bytes.is_empty() {
            if expected == Some(chunk.len()) {
                return Body {
                    bytes: chunk,
                    end: End::Complete,
                };
            }
            // No more than a server that keeps its word makes use of.
            bytes.reserve(
                expected
                    .unwrap_or(chunk.len() * 4)
                    .min(limit)
                    .min(MOST_AT_ONCE),
            );
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// The beginning of a body that was read, without tokens.
pub(crate) fn kept(body: &Body, mask: &Mask) -> KeptBody {
    kept_text(&body.bytes, !matches!(body.end, End::Complete), mask)
}

/// The beginning of a body, without tokens.
pub(crate) fn kept_text(bytes: &[u8], was_cut: bool, mask: &Mask) -> KeptBody {
    let truncated = was_cut || bytes.len() > KEPT;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT)]);
    let text = if truncated {
        mask.cut_text(&text)
    } else {
        mask.text(&text).into_owned()
    };
    KeptBody { text, truncated }
}
