//! Codes for load work: made up, but believable, and the same each time.

use rusqlite::{Connection, params};

use super::{VOUCHERS, codes, vouchers};
use crate::fixtures::{Data, Service};
use crate::identifier::{FIRST_BORN, Kind};
use crate::instant::Instant;
use crate::model::{ActivityState, Voucher, VoucherType};

const CODES_PER_VOUCHER: u32 = 1_000;
const MOST_VOUCHERS: u32 = 1_000;

const CAMPAIGNS: [&str; 8] = [
    "SPRING", "SUMMER", "AUTUMN", "WINTER", "WELCOME", "LOYAL", "CITY", "FAMILY",
];
/// Without the letters that are taken for digits.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Puts in `count` codes, spread over vouchers of the first service and over the time up to now.
pub(super) fn plant(
    connection: &Connection,
    data: &Data,
    count: u32,
    now: Instant,
) -> rusqlite::Result<()> {
    let Some(service) = data.services.first() else {
        return Ok(());
    };
    let (first_voucher, start) = VOUCHERS.next(connection, now.min(newest(data)))?;
    let start = start.max(newest(data));
    let campaigns = count.div_ceil(CODES_PER_VOUCHER).min(MOST_VOUCHERS);
    for index in 0..campaigns {
        let number = first_voucher + i64::from(index);
        vouchers::put(connection, number, &campaign(number, index, service, start))?;
        let rates: Vec<_> = data
            .rates
            .iter()
            .filter(|rate| crate::fixtures::uuid(rate, "ServiceId") == Some(service.id))
            .filter_map(|rate| crate::fixtures::uuid(rate, "Id"))
            .take(1)
            .collect();
        vouchers::assign(connection, number, &rates)?;
    }

    let first_code = super::meta(connection, "first_code")?
        .parse()
        .unwrap_or(FIRST_BORN);
    let span = (now.seconds() - start.seconds()).max(0);
    let mut insert = connection.prepare(codes::INSERT)?;
    for index in 0..count {
        let noise = scatter(index);
        let created = start.seconds() + span * i64::from(index) / i64::from(count);
        let is_active = !noise.is_multiple_of(20);
        // One in twenty was deleted, some hours after it was made.
        let updated = if is_active {
            created
        } else {
            (created + i64::from(noise % 100_000)).min(created.max(now.seconds()))
        };
        // One in four is only valid for a month.
        let validity = (noise % 4 == 1).then_some([created, created + 30 * 86_400]);
        insert.execute(params![
            first_code + i64::from(index),
            None::<&[u8]>,
            first_voucher + i64::from((noise >> 8) % campaigns),
            value(index),
            validity.map(|[start, _]| start),
            validity.map(|[_, end]| end),
            created,
            updated,
            is_active,
        ])?;
    }
    Ok(())
}

fn newest(data: &Data) -> Instant {
    let vouchers = data.vouchers.iter().map(|voucher| voucher.created_utc);
    let codes = data.voucher_codes.iter().map(|code| code.created_utc);
    vouchers
        .chain(codes)
        .max()
        .unwrap_or(Instant::from_seconds(0))
}

fn campaign(number: i64, index: u32, service: &Service, created: Instant) -> Voucher {
    let name = CAMPAIGNS[index as usize % CAMPAIGNS.len()];
    Voucher {
        id: Kind::Voucher.identifier(number),
        service_id: service.id,
        enterprise_id: service.enterprise_id,
        name: format!("{name} campaign {}", index + 1),
        created_utc: created,
        updated_utc: created,
        kind: VoucherType::Public,
        company_id: None,
        travel_agency_id: None,
        occupiable_interval_start_utc: None,
        occupiable_interval_end_utc: None,
        external_identifier: Some(format!("CAMPAIGN-{}", index + 1)),
        is_active: true,
        activity_state: ActivityState::Active,
    }
}

/// The value of a code. Two of them are the same only if their indexes are.
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

/// A number that looks unrelated to the one before.
fn scatter(index: u32) -> u32 {
    let mixed = index.wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}
