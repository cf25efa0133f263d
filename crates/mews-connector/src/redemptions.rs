//! Reservations that used vouchers.

use std::collections::HashSet;
use std::future::ready;
use std::ops::Range;

use chrono::{DateTime, Months, SubsecRound, Utc};
use futures_util::stream::{self, TryStreamExt};
use mews_connector_api::Operation;
use mews_connector_api::types::{
    Limitation, Reservation, ReservationServiceOrderFilterParameters, ServiceId, ServiceOrderState,
    VoucherId,
};

use crate::client::Client;
use crate::error::{ConstraintViolation, Error, invalid};
use crate::interval::{MAX_MONTHS, UpdatedWithin};
use crate::item_stream::ItemStream;
use crate::pages::Ceiling;

/// The number of reservations of a page. The vendor names this operation as the most frequent cause of a 408
/// (guidelines/requests), and recommends small pages.
const PAGE_SIZE: u16 = 100;

/// A search for reservations that used vouchers. [`Client::redemptions`] creates it.
#[derive(Clone, Debug)]
#[must_use = "a search sends nothing until its items are polled"]
pub struct Redemptions {
    client: Client,
    vouchers: HashSet<VoucherId>,
    created: Range<DateTime<Utc>>,
    services: Option<Vec<ServiceId>>,
    page_size: u16,
    with_canceled: bool,
}

impl Client {
    /// Finds the reservations that were created in an interval with one of the vouchers, newest first. No reservation
    /// is yielded twice.
    ///
    /// Both bounds are rounded down to whole seconds, which filters have. If an interval starts where another one ends,
    /// there is neither a gap nor an overlap.
    ///
    /// A reservation names the voucher, never the code. Canceled reservations are included, unless
    /// [`Redemptions::except_canceled`] excludes them.
    ///
    /// # Cost
    ///
    /// There is no filter for vouchers, so **all** reservations of the interval are read and compared
    /// (`reservations/getAll/2023-06-06`). A filter covers at most three months; a longer interval is split. The cost
    /// is one request for every 100 reservations, and one or two more for each three months: 10,000 reservations of a
    /// year take about 105 requests. After a 408, smaller pages are requested for the rest of the interval.
    /// [`Redemptions::services`] limits the search to the reservations of some services, such as those of the vouchers.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::chrono::{TimeZone, Utc};
    ///
    /// let year = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    /// let used = client
    ///     .redemptions([builtin::VOUCHER_ID.parse()?], year(2026)..year(2027))
    ///     .services([builtin::SERVICE_ID.parse()?])
    ///     .items()
    ///     .collect_all()
    ///     .await?;
    /// for reservation in &used {
    ///     println!("{:?} {:?}", reservation.number, reservation.state);
    /// }
    /// assert_eq!(used.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn redemptions(
        &self,
        vouchers: impl IntoIterator<Item = VoucherId>,
        created: Range<DateTime<Utc>>,
    ) -> Redemptions {
        Redemptions {
            client: self.clone(),
            vouchers: vouchers.into_iter().collect(),
            created,
            services: None,
            page_size: PAGE_SIZE,
            with_canceled: true,
        }
    }
}

impl Redemptions {
    /// Limits the search to reservations of 1 to 1000 services. The default is all bookable services.
    pub fn services(mut self, services: impl IntoIterator<Item = ServiceId>) -> Self {
        self.services = Some(services.into_iter().collect());
        self
    }

    /// Excludes canceled reservations from the result. They are read anyway.
    pub fn except_canceled(mut self) -> Self {
        self.with_canceled = false;
        self
    }

    /// Sets the maximum number of reservations of a page, 1 to 1000. The default is 100. After a 408, pages of half the
    /// size are requested.
    pub fn page_size(mut self, count: u16) -> Self {
        self.page_size = count;
        self
    }

    /// Returns the reservations. No request is sent until the stream is polled, and none if there are no vouchers. The
    /// stream starts with an error if the end of the interval, in whole seconds, is not after its start.
    pub fn items(self) -> ItemStream<Reservation> {
        let Self {
            client,
            vouchers,
            created,
            services,
            page_size,
            with_canceled,
        } = self;
        let mut slices = match slices(&created) {
            Ok(slices) => slices,
            Err(violation) => {
                let path = ReservationServiceOrderFilterParameters::PATH;
                return ItemStream::new(stream::iter([Err(Error::invalid(path, violation))]));
            }
        };
        if vouchers.is_empty() {
            slices.clear();
        }
        let limitation = Limitation::new(page_size.into());
        let mut request = ReservationServiceOrderFilterParameters::new(limitation);
        if let Some(services) = services {
            request = request.service_ids(services);
        }
        // The newest interval comes first, like the newest reservation of a page.
        let requests = slices.into_iter().rev();
        let requests = requests.map(move |slice| Ok(request.clone().created_utc(slice)));
        let (mut seen, ceiling) = (HashSet::new(), Ceiling::default());
        let reservations = stream::iter(requests)
            .map_ok(move |request| client.items(request).below(&ceiling))
            .try_flatten()
            .try_filter(move |reservation: &Reservation| {
                let is_used = reservation
                    .voucher_id
                    .is_some_and(|voucher| vouchers.contains(&voucher));
                let is_canceled = reservation.state == Some(ServiceOrderState::Canceled);
                ready(is_used && (with_canceled || !is_canceled) && seen.insert(reservation.id))
            });
        ItemStream::new(reservations)
    }
}

/// Returns the interval as filters, oldest first. They share their bounds, and a filter excludes its end, so that every
/// timestamp is in exactly one of them.
fn slices(interval: &Range<DateTime<Utc>>) -> Result<Vec<UpdatedWithin>, ConstraintViolation> {
    let mut start = interval.start.trunc_subsecs(0);
    let end = interval.end.trunc_subsecs(0);
    if end <= start {
        return Err(invalid(
            "CreatedUtc",
            format!("an interval from {start} to {end} in whole seconds"),
            "an end after the start",
        ));
    }
    let mut slices = Vec::new();
    while start < end {
        let latest = start.checked_add_months(Months::new(MAX_MONTHS));
        let next = latest.map_or(end, |latest| latest.min(end));
        slices.push(UpdatedWithin::new(start, next)?);
        start = next;
    }
    Ok(slices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::interval::strategies::timestamp;

    proptest! {
        #[test]
        fn slices_cover_the_interval_without_a_gap(a in timestamp(), b in timestamp()) {
            let (start, end) = (a.min(b), a.max(b));
            prop_assume!(start.timestamp() < end.timestamp());
            let slices = slices(&(start..end)).expect("an interval");
            let (first, last) = (slices.first().expect("one"), slices.last().expect("one"));
            prop_assert_eq!(first.start(), start.trunc_subsecs(0));
            prop_assert_eq!(last.end(), end.trunc_subsecs(0));
            for pair in slices.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start());
            }
        }
    }

    #[test]
    fn rejects_an_interval_without_a_length() {
        let now = DateTime::UNIX_EPOCH;
        assert!(slices(&(now..now)).is_err());
    }
}
