//! Generated codes for load tests: realistic, and the same each time.

use rusqlite::Connection;
use serde_json::json;
use uuid::Uuid;

use super::{VOUCHERS, codes, vouchers};
use crate::fixtures::{Data, Service, uuid};
use crate::identifier::{FIRST_RUNTIME_NUMBER, Kind};
use crate::instant::Instant;
use crate::options::Ids;
use crate::record::{Properties, Voucher, VoucherCode};
use crate::spec::Spec;

const CODES_PER_VOUCHER: u32 = 1_000;
const MAX_VOUCHERS: u32 = 1_000;
const MONTH: i64 = 30 * 86_400;

const CAMPAIGNS: [&str; 8] = [
    "SPRING", "SUMMER", "AUTUMN", "WINTER", "WELCOME", "LOYAL", "CITY", "FAMILY",
];
/// Without the letters that look like digits.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Inserts `count` codes, spread over vouchers of the first service and over the time up to now.
pub(super) fn insert_seed_codes(
    connection: &Connection,
    spec: &Spec,
    data: &Data,
    count: u32,
    ids: Ids,
    now: Instant,
) -> rusqlite::Result<()> {
    let Some(service) = data.services.first() else {
        return Ok(());
    };
    let (first_voucher, start) = VOUCHERS.next(connection, now.min(newest(data)))?;
    let start = start.max(newest(data));
    let campaigns = count.div_ceil(CODES_PER_VOUCHER).min(MAX_VOUCHERS);
    let rates: Vec<Uuid> = data
        .rates
        .iter()
        .filter(|rate| uuid(rate, "ServiceId") == Some(service.id))
        .filter_map(|rate| uuid(rate, "Id"))
        .take(1)
        .collect();
    for index in 0..campaigns {
        let number = first_voucher + i64::from(index);
        vouchers::put(
            connection,
            spec,
            number,
            &campaign(number, index, ids, service, start),
        )?;
        vouchers::assign(connection, number, &rates)?;
    }

    let first_code = super::meta(connection, "first_code")?
        .parse()
        .unwrap_or(FIRST_RUNTIME_NUMBER);
    let span = (now.seconds() - start.seconds()).max(0);
    for index in 0..count {
        let noise = scatter(index);
        let created = start.seconds() + span * i64::from(index) / i64::from(count);
        let is_active = !noise.is_multiple_of(20);
        // One in twenty was deleted, some hours after its creation.
        let updated = if is_active {
            created
        } else {
            (created + i64::from(noise % 100_000)).min(created.max(now.seconds()))
        };
        let mut properties = Properties::new();
        // One in four is only valid for a month.
        if noise % 4 == 1 {
            for (name, seconds) in [
                ("ValidityStartUtc", created),
                ("ValidityEndUtc", created + MONTH),
            ] {
                let text = Instant::from_seconds(seconds).to_string();
                properties.insert(name.into(), text.into());
            }
        }
        let number = first_code + i64::from(index);
        let voucher = first_voucher + i64::from((noise >> 8) % campaigns);
        let code = VoucherCode {
            id: Kind::VoucherCode.new_id(number, ids),
            voucher_id: Kind::Voucher.identifier(voucher),
            value: value(index),
            created_utc: Instant::from_seconds(created),
            updated_utc: Instant::from_seconds(updated),
            is_active,
            properties,
        };
        codes::insert(connection, spec, number, voucher, &code)?;
    }
    Ok(())
}

fn newest(data: &Data) -> Instant {
    let vouchers = data
        .vouchers
        .iter()
        .map(|voucher| voucher.record.created_utc);
    let codes = data.voucher_codes.iter().map(|code| code.created_utc);
    vouchers
        .chain(codes)
        .max()
        .unwrap_or(Instant::from_seconds(0))
}

fn campaign(number: i64, index: u32, ids: Ids, service: &Service, created: Instant) -> Voucher {
    let name = CAMPAIGNS[index as usize % CAMPAIGNS.len()];
    let mut properties = Properties::new();
    properties.insert(
        "Name".into(),
        json!(format!("{name} campaign {}", index + 1)),
    );
    properties.insert("Type".into(), json!("Public"));
    Voucher {
        id: Kind::Voucher.new_id(number, ids),
        service_id: service.id,
        enterprise_id: service.enterprise_id,
        created_utc: created,
        updated_utc: created,
        company_id: None,
        travel_agency_id: None,
        external_identifier: Some(format!("CAMPAIGN-{}", index + 1)),
        is_active: true,
        properties,
    }
}

/// Returns the value of a code. Two values are equal only if their indexes are.
fn value(index: u32) -> String {
    let campaign = CAMPAIGNS[index as usize % CAMPAIGNS.len()];
    let mut rest = index.wrapping_mul(0x9e37_79b1);
    let mut text = format!("{campaign}-");
    for _ in 0..7 {
        text.push(char::from(ALPHABET[(rest % 32) as usize]));
        rest /= 32;
    }
    text
}

/// Returns a number that seems unrelated to the number of the previous index.
fn scatter(index: u32) -> u32 {
    let mixed = index.wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}
