#![doc = include_str!("../doc/guide.md")]

#[doc = include_str!("../doc/sync.md")]
pub mod sync {}

#[doc = include_str!("../doc/campaign.md")]
pub mod campaign {}

#[doc = include_str!("../doc/redeemable.md")]
pub mod redeemable {}
