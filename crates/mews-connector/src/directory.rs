//! The data that vouchers refer to: enterprises, services, rates, and companies.

use std::collections::HashSet;
use std::future::ready;

use futures_util::stream::{self, TryStreamExt};
use mews_connector_api::types::{
    ActivityState, Company, CompanyContractFilterParameters, CompanyFilterParameters, CompanyId,
    Enterprise, EnterpriseFilterParameters, Limitation, Rate, RateExtent, RateFilterParameters,
    RateType, Service, ServiceDataDiscriminator, ServiceFilterParameters, ServiceId,
};

use crate::client::Client;
use crate::error::Error;
use crate::filter::{MAX_IDS, PAGE_SIZE};
use crate::item_stream::ItemStream;
use crate::pages::{Ceiling, Items};
use crate::redeemability::Activity;

impl Client {
    /// Reads the enterprises in the scope of the access token (`enterprises/getAll`), newest first: those of a
    /// portfolio, or exactly one.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let enterprises = client.enterprises().collect_all().await?;
    /// assert_eq!(enterprises[0].name.as_deref(), Some("Hotel Example"));
    /// # Ok(()) }
    /// ```
    pub fn enterprises(&self) -> Items<Enterprise> {
        self.items(EnterpriseFilterParameters::new(page()))
    }

    /// Reads the active services that are booked for an interval, such as accommodation (`services/getAll`), newest
    /// first. According to their properties, rates and vouchers belong to a service of this kind; no document states it.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let services = client.bookable_services().collect_all().await?;
    /// let ids: Vec<String> = services.iter().map(|service| service.id.to_string()).collect();
    /// assert_eq!(ids, [builtin::PARKING_SERVICE_ID, builtin::SERVICE_ID]);
    /// # Ok(()) }
    /// ```
    pub fn bookable_services(&self) -> ItemStream<Service> {
        self.services_of_kind(ServiceDataDiscriminator::Bookable)
    }

    /// Reads the active services that are ordered in addition, such as breakfast (`services/getAll`), newest first.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let services = client.orderable_services().collect_all().await?;
    /// assert_eq!(services.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn orderable_services(&self) -> ItemStream<Service> {
        self.services_of_kind(ServiceDataDiscriminator::Additional)
    }

    /// Reads the active services of a kind. The API has no filter for active services.
    fn services_of_kind(&self, kind: ServiceDataDiscriminator) -> ItemStream<Service> {
        let services = self.items(ServiceFilterParameters::new(page()).service_type(kind));
        ItemStream::new(services.try_filter(|service| ready(service.is_active() != Some(false))))
    }

    /// Reads the active rates of 1 to 1000 services (`rates/getAll`), public and private ones.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let rates = client.rates_of([builtin::SERVICE_ID.parse()?]).collect_all().await?;
    /// assert_eq!(rates.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn rates_of(&self, services: impl IntoIterator<Item = ServiceId>) -> Items<Rate> {
        let services = services.into_iter().collect();
        self.items(
            RateFilterParameters::new(services, page())
                // Without an extent, the discontinued rate groups are requested.
                .extent(RateExtent::new().rates(true))
                .activity_states([ActivityState::Active]),
        )
    }

    /// Reads the active private rates of 1 to 1000 services (`rates/getAll`): the rates that guests can only book with
    /// a voucher.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::NewVoucher;
    ///
    /// let service = builtin::SERVICE_ID.parse()?;
    /// let private = client.private_rates_of([service]).collect_all().await?;
    /// // A voucher has at most 10 rates.
    /// let rates = private.iter().map(|rate| rate.id).take(10);
    /// let voucher = NewVoucher::public(service, "Regulars").assigned_rate_ids(rates);
    /// let added = client.vouchers().add([voucher]).await?;
    /// println!("{} opens {} rates", added[0].id, private.len());
    /// # Ok(()) }
    /// ```
    pub fn private_rates_of(
        &self,
        services: impl IntoIterator<Item = ServiceId>,
    ) -> ItemStream<Rate> {
        let rates = self.rates_of(services);
        ItemStream::new(rates.try_filter(|rate| {
            ready(match &rate.type_ {
                Some(kind) => *kind == RateType::Private,
                None => rate.is_public == Some(false),
            })
        }))
    }

    /// Reads the active companies, travel agencies included (`companies/getAll`), newest first. A voucher of the type
    /// `PartnerCompany` needs one of them.
    ///
    /// Companies belong to a chain, so this method ignores the enterprises of the handle.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let companies = client.companies().collect_all().await?;
    /// assert_eq!(companies.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn companies(&self) -> Items<Company> {
        let request = CompanyFilterParameters::new(page());
        self.of_chains()
            .items(request.activity_states([ActivityState::Active]))
    }

    /// Reads the active companies with an active travel agency contract (`companyContracts/getAll`, then
    /// `companies/getAll`). A voucher of the type `TravelAgency` needs one of them.
    ///
    /// All contracts are read first. The IDs of their companies are kept in memory.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let agencies = client.travel_agencies().collect_all().await?;
    /// assert_eq!(agencies[0].id.to_string(), builtin::TRAVEL_AGENCY_ID);
    /// # Ok(()) }
    /// ```
    pub fn travel_agencies(&self) -> ItemStream<Company> {
        let client = self.clone();
        let companies = stream::once(async move {
            let ids = client.ids_of_travel_agencies().await?;
            let requests: Vec<_> = ids
                .chunks(MAX_IDS)
                .map(|ids| CompanyFilterParameters::new(page()).ids(ids.iter().copied()))
                .map(|request| request.activity_states([ActivityState::Active]))
                .map(Ok)
                .collect();
            let (client, ceiling) = (client.of_chains(), Ceiling::default());
            let pages =
                stream::iter(requests).map_ok(move |request| client.items(request).below(&ceiling));
            Ok::<_, Error>(pages.try_flatten())
        });
        ItemStream::new(companies.try_flatten())
    }

    async fn ids_of_travel_agencies(&self) -> Result<Vec<CompanyId>, Error> {
        let request = CompanyContractFilterParameters::new(page());
        let mut contracts = self.items(request.activity_states([ActivityState::Active]));
        let (mut ids, mut seen) = (Vec::new(), HashSet::new());
        while let Some(contract) = contracts.try_next().await? {
            ids.extend(contract.company_id.filter(|id| seen.insert(*id)));
        }
        Ok(ids)
    }

    /// Returns the handle for operations on data of a chain, which have no filter for enterprises.
    fn of_chains(&self) -> Self {
        Self {
            enterprises: None,
            ..self.clone()
        }
    }
}

fn page() -> Limitation {
    Limitation::new(PAGE_SIZE)
}
