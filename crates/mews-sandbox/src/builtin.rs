//! The built-in data set, which a sandbox has unless it is given other fixtures.
//!
//! Two enterprises of one chain. The first one has accommodation, parking and a restaurant, with vouchers of every type
//! and reservations that used them. Only the portfolio access token gives access to the second one. The examples of the
//! spec work with this data unchanged. Each constant is also in `mews-sandbox --print-fixtures`.

/// The built-in data set as a file of fixtures, to derive other fixtures from.
pub const FIXTURES: &str = include_str!("builtin.json");

/// The accepted client token.
pub const CLIENT_TOKEN: &str = "sandbox-client-token";
/// The access token of the first enterprise.
pub const ACCESS_TOKEN: &str = "sandbox-access-token";
/// The portfolio access token of both enterprises.
pub const PORTFOLIO_ACCESS_TOKEN: &str = "sandbox-portfolio-access-token";

/// The enterprise of [`ACCESS_TOKEN`].
pub const ENTERPRISE_ID: &str = "e0000000-0000-4000-8000-000000000001";
/// The enterprise that needs [`PORTFOLIO_ACCESS_TOKEN`].
pub const SECOND_ENTERPRISE_ID: &str = "e0000000-0000-4000-8000-000000000002";
/// The chain of both enterprises.
pub const CHAIN_ID: &str = "c4a10000-0000-4000-8000-000000000001";

/// Accommodation of the first enterprise, with the vouchers [`VOUCHER_ID`], [`PARTNER_VOUCHER_ID`] and
/// [`AGENCY_VOUCHER_ID`].
pub const SERVICE_ID: &str = "5e000000-0000-4000-8000-000000000001";
/// Parking of the first enterprise, with the vouchers [`PARKING_VOUCHER_ID`] and [`DELETED_VOUCHER_ID`].
pub const PARKING_SERVICE_ID: &str = "5e000000-0000-4000-8000-000000000002";
/// Accommodation of the second enterprise, with the voucher [`SECOND_ENTERPRISE_VOUCHER_ID`].
pub const SECOND_ENTERPRISE_SERVICE_ID: &str = "5e000000-0000-4000-8000-000000000003";

/// The rates of [`SERVICE_ID`]: flexible, non-refundable and corporate.
pub const RATE_IDS: [&str; 3] = [
    "4a000000-0000-4000-8000-000000000001",
    "4a000000-0000-4000-8000-000000000002",
    "4a000000-0000-4000-8000-000000000003",
];

/// A restaurant of the first enterprise, which is sold in addition and has no rates.
pub const RESTAURANT_SERVICE_ID: &str = "5e000000-0000-4000-8000-000000000004";

/// A company.
pub const COMPANY_ID: &str = "c0000000-0000-4000-8000-000000000001";
/// A company with a travel agency contract.
pub const TRAVEL_AGENCY_ID: &str = "c0000000-0000-4000-8000-000000000002";

/// A public voucher with three codes, one of them deleted.
pub const VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000001";
/// A voucher of [`COMPANY_ID`] with one code.
pub const PARTNER_VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000002";
/// A voucher of [`TRAVEL_AGENCY_ID`] with one code.
pub const AGENCY_VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000003";
/// A public voucher of [`PARKING_SERVICE_ID`] with one code.
pub const PARKING_VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000004";
/// A voucher of [`PARKING_SERVICE_ID`] that was deleted.
pub const DELETED_VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000005";
/// A public voucher of [`SECOND_ENTERPRISE_SERVICE_ID`] with one code.
pub const SECOND_ENTERPRISE_VOUCHER_ID: &str = "d15c0000-0000-4000-8000-000000000006";

/// A code of [`VOUCHER_ID`] without a validity interval.
pub const CODE_ID: &str = "c0de0000-0000-4000-8000-000000000001";
/// The value of [`CODE_ID`].
pub const CODE_VALUE: &str = "SPRING-WELCOME";
/// A code of [`VOUCHER_ID`] that is valid in April 2026.
pub const LIMITED_CODE_ID: &str = "c0de0000-0000-4000-8000-000000000002";
/// A code of [`VOUCHER_ID`] that was deleted.
pub const DELETED_CODE_ID: &str = "c0de0000-0000-4000-8000-000000000003";
