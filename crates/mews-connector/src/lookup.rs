//! Lookup of codes by their value.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::IntoFuture;

use chrono::{DateTime, Utc};
use futures_core::future::BoxFuture;
use mews_connector_api::Operation;
use mews_connector_api::types::{
    ServiceId, Voucher, VoucherCode, VoucherCodeFilterParameters, VoucherFilterParameters,
    VoucherId,
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{Error, ErrorKind, invalid};
use crate::filter::{MAX_IDS, VoucherCodeFilter, VoucherFilter};
use crate::pages::Ceiling;
use crate::redeemability::{Redeem, Redeemability};
use crate::stay::Stay;

/// A code with its voucher. [`Client::find_codes`] returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundCode {
    /// The code. It can be deleted.
    pub code: VoucherCode,
    /// The voucher of the code. It can be deleted.
    pub voucher: Voucher,
}

impl FoundCode {
    /// Determines whether the code can be redeemed at a time, see [`Redeem::redeemability`].
    pub fn redeemability(&self, at: DateTime<Utc>) -> Redeemability {
        self.code.redeemability(&self.voucher, at)
    }

    /// Determines whether the code can be redeemed at a time for a stay, see [`Redeem::redeemability_for`].
    pub fn redeemability_for(&self, at: DateTime<Utc>, stay: &Stay) -> Redeemability {
        self.code.redeemability_for(&self.voucher, at, stay)
    }
}

/// A lookup of codes by their value. [`Client::find_codes`] creates it. No request is sent until it is awaited.
#[derive(Clone)]
#[must_use = "a lookup does nothing unless it is awaited"]
pub struct FindCodes {
    client: Client,
    services: Vec<ServiceId>,
    value: String,
    stop_at_short_page: bool,
}

impl Client {
    /// Finds all codes of services that have exactly this value, with their vouchers. Deleted codes and codes of
    /// deleted vouchers are included. The result is empty if no code has the value.
    ///
    /// # Cost
    ///
    /// `voucherCodes/getAll` has no filter for the value, so a lookup finds the vouchers with `vouchers/getAll`, then
    /// reads all of their codes. It sends
    ///
    /// * 1 request if no voucher has a code with the value;
    /// * otherwise, for up to 1000 vouchers: 2 requests for the vouchers, one for each 1000 codes of these vouchers,
    ///   rounded up, and 1 for the empty page at the end. For a voucher with up to 1000 codes these are 4 requests.
    ///   With [`FindCodes::stop_at_short_page`] these are 2.
    ///
    /// For vouchers with many thousands of codes, or for more than one lookup each second, keep a copy of the codes
    /// with an [export](Self::export).
    ///
    /// # Undocumented behavior
    ///
    /// * **Case.** No document states whether the server compares values case-sensitively. The lookup returns only
    ///   codes with exactly this value: other codes of the vouchers that the server returns are dropped. If the server
    ///   compares case-sensitively, a value in another case finds nothing.
    /// * **Uniqueness.** No document states that a value is unique, neither within a voucher nor within an enterprise.
    ///   Therefore, the lookup does not stop at the first code, and returns a list.
    /// * **Deleted codes.** No document states whether the server finds the voucher of a code that was deleted. If it
    ///   does not, a deleted code is not in the result.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// # let now = "2026-04-15T12:00:00Z".parse()?;
    /// for found in client.find_codes([builtin::SERVICE_ID.parse()?], "SPRING-WELCOME").await? {
    ///     println!("{:?}: {}", found.voucher.name, found.redeemability(now));
    /// }
    /// # assert_eq!(sandbox.exchanges().len(), 4);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if a call fails. See [`Error`]. The kind is [`ErrorKind::InvalidRequest`] if there are no
    /// services or the value is empty, and [`ErrorKind::Protocol`] if a code cannot be attributed to its voucher.
    pub fn find_codes(
        &self,
        services: impl IntoIterator<Item = ServiceId>,
        value: impl Into<String>,
    ) -> FindCodes {
        FindCodes {
            client: self.clone(),
            services: services.into_iter().collect(),
            value: value.into(),
            stop_at_short_page: false,
        }
    }
}

impl FindCodes {
    /// Ends each listing at a page with fewer items than requested, which saves two requests. The default is `false`.
    /// As with [`Pages::stop_at_short_page`](crate::Pages::stop_at_short_page), the risk is that a code is missing from
    /// the result.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// # let service = builtin::SERVICE_ID.parse()?;
    /// let found = client.find_codes([service], "SPRING-WELCOME").stop_at_short_page(true).await?;
    /// assert_eq!((found.len(), sandbox.exchanges().len()), (1, 2));
    /// # Ok(()) }
    /// ```
    pub fn stop_at_short_page(self, stop: bool) -> Self {
        Self {
            stop_at_short_page: stop,
            ..self
        }
    }

    async fn find(self) -> Result<Vec<FoundCode>, Error> {
        let violation = if self.services.is_empty() {
            Some(invalid("ServiceIds", "0 items", "at least 1 item"))
        } else if self.value.is_empty() {
            let (actual, allowed) = ("0 characters", "at least 1 character");
            Some(invalid("VoucherCodeValues[0]", actual, allowed))
        } else {
            None
        };
        if let Some(violation) = violation {
            return Err(Error::invalid(VoucherFilterParameters::PATH, violation));
        }
        let mut found = Vec::new();
        let (of_vouchers, of_codes) = (Ceiling::default(), Ceiling::default());
        for services in self.services.chunks(MAX_IDS) {
            let filter = VoucherFilter::services(services.iter().copied())
                .voucher_code_values([self.value.as_str()]);
            // The page at the end is requested while the codes are read.
            let mut pages = self
                .client
                .vouchers()
                .pages(filter)
                .below(&of_vouchers)
                .stop_at_short_page(self.stop_at_short_page)
                .prefetch(true);
            while let Some(page) = pages.try_next().await? {
                for vouchers in page.into_inner().into_items().chunks(MAX_IDS) {
                    self.codes_of(vouchers, &of_codes, &mut found).await?;
                }
            }
        }
        // A server can return a voucher in two pages.
        let mut seen = HashSet::new();
        found.retain(|found| seen.insert(found.code.id));
        Ok(found)
    }

    async fn codes_of(
        &self,
        vouchers: &[Voucher],
        ceiling: &Ceiling,
        found: &mut Vec<FoundCode>,
    ) -> Result<(), Error> {
        let by_id: HashMap<VoucherId, &Voucher> = vouchers
            .iter()
            .map(|voucher| (voucher.id, voucher))
            .collect();
        let mut codes = self
            .client
            .voucher_codes()
            .items(VoucherCodeFilter::vouchers(by_id.keys().copied()))
            .below(ceiling)
            .stop_at_short_page(self.stop_at_short_page);
        while let Some(code) = codes.try_next().await? {
            if code.value.as_deref() != Some(&*self.value) {
                continue;
            }
            let voucher = match (code.voucher_id, vouchers) {
                (None, [only]) => Some(only),
                (None, _) => None,
                (Some(id), _) => by_id.get(&id).copied(),
            };
            match voucher.cloned() {
                Some(voucher) => found.push(FoundCode { code, voucher }),
                None => return Err(unattributed(&code)),
            }
        }
        Ok(())
    }
}

/// Returns the error for a code without a voucher that was requested.
fn unattributed(code: &VoucherCode) -> Error {
    Error::new(ErrorKind::Protocol, VoucherCodeFilterParameters::PATH).with(|parts| {
        parts.what = Some(format!(
            "the code {} has no `VoucherId` of a requested voucher",
            code.id
        ));
    })
}

impl IntoFuture for FindCodes {
    type Output = Result<Vec<FoundCode>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.find())
    }
}

/// The value can be a secret of a guest, so it does not print.
impl fmt::Debug for FindCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindCodes")
            .field("services", &self.services)
            .field("stop_at_short_page", &self.stop_at_short_page)
            .finish_non_exhaustive()
    }
}
