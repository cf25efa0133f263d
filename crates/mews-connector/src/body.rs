//! Reads bodies under a limit, and keeps the beginning of those that an error is about.

use bytes::{Bytes, BytesMut};

use crate::error::BodyExcerpt;
use crate::masking::Mask;

/// How much of the body of an error is kept.
pub(crate) const KEPT: usize = 64 * 1024;

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

/// More chunks than this are small ones, each of which would take more room than it has bytes.
const MANY: usize = 1024;

/// Reads a body, up to `limit` bytes of it.
pub(crate) async fn read(mut response: reqwest::Response, limit: usize) -> Body {
    let mut chunks = Vec::new();
    let mut small = BytesMut::new();
    let mut room = limit;
    let end = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() <= room => {
                room -= chunk.len();
                if chunks.len() < MANY {
                    chunks.push(chunk);
                } else {
                    small.extend_from_slice(&chunk);
                }
            }
            Ok(Some(chunk)) => {
                small.extend_from_slice(&chunk[..room]);
                break End::TooLong;
            }
            Ok(None) => break End::Complete,
            Err(error) => break End::Broken(error),
        }
    };
    if !small.is_empty() {
        chunks.push(small.freeze());
    }
    // Put together once, when its length is known: a server gets no memory for announcing a long body.
    let bytes = match chunks.as_slice() {
        [whole] => whole.clone(),
        parts => parts.concat().into(),
    };
    Body { bytes, end }
}

/// The beginning of a body that was read, without tokens.
pub(crate) fn kept(body: &Body, mask: &Mask) -> BodyExcerpt {
    kept_text(&body.bytes, !matches!(body.end, End::Complete), mask)
}

/// The beginning of a body, without tokens.
pub(crate) fn kept_text(bytes: &[u8], was_cut: bool, mask: &Mask) -> BodyExcerpt {
    let truncated = was_cut || bytes.len() > KEPT;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT)]);
    let text = if truncated {
        mask.cut_text(&text)
    } else {
        mask.text(&text).into_owned()
    };
    BodyExcerpt { text, truncated }
}
