//! Reading response bodies within a limit, and the excerpts of bodies in errors.

use bytes::{Bytes, BytesMut};

use crate::error::BodyExcerpt;
use crate::masking::Mask;

/// The maximum number of bytes of an excerpt.
pub(crate) const KEPT: usize = 64 * 1024;

/// The part of a body that was read.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) end: End,
}

/// The reason why reading a body ended.
pub(crate) enum End {
    Complete,
    TooLong,
    Broken(reqwest::Error),
}

/// The maximum number of chunks that are kept separately. The chunks of a body with more of them are so small that each
/// would take more memory than it has bytes.
const MAX_CHUNKS: usize = 1024;

/// Reads at most `limit` bytes of a body.
pub(crate) async fn read(mut response: reqwest::Response, limit: usize) -> Body {
    let mut chunks = Vec::new();
    let mut small = BytesMut::new();
    let mut room = limit;
    let end = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() <= room => {
                room -= chunk.len();
                if chunks.len() < MAX_CHUNKS {
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
    // The parts are joined at the end, so a server that announces a long body does not cause an allocation.
    let bytes = match chunks.as_slice() {
        [whole] => whole.clone(),
        parts => parts.concat().into(),
    };
    Body { bytes, end }
}

/// Returns the excerpt of a body, with tokens masked.
pub(crate) fn kept(body: &Body, mask: &Mask) -> BodyExcerpt {
    kept_text(&body.bytes, !matches!(body.end, End::Complete), mask)
}

/// Returns the excerpt of the bytes of a body, with tokens masked.
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
