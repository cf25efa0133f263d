//! Tokens and the data that they give access to.

use std::collections::{HashMap, HashSet};

use axum::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::error::ApiError;
use crate::fixtures::{self, Data, Enterprise, Service};

/// A list of items by ID.
type ById = HashMap<Uuid, Value>;

/// The fixtures that the business rules need, except vouchers and codes. They do not change while the sandbox runs.
#[derive(Default)]
pub(crate) struct Reference {
    client_tokens: HashSet<String>,
    access_tokens: HashMap<String, Scope>,
    /// The scope of an unknown token if every token is accepted: the scope of the first one.
    default_scope: Scope,
    pub(crate) enterprises: HashMap<Uuid, Enterprise>,
    pub(crate) services: HashMap<Uuid, Service>,
    pub(crate) rates: ById,
    pub(crate) companies: ById,
    travel_agencies: HashSet<Uuid>,
}

/// The enterprises that an access token gives access to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    enterprises: Vec<Uuid>,
    is_portfolio: bool,
}

impl Reference {
    pub(crate) fn new(data: &Data) -> Self {
        let access_tokens: HashMap<_, _> = data
            .access_tokens
            .iter()
            .map(|token| {
                let scope = Scope {
                    enterprises: token.enterprise_ids.clone(),
                    is_portfolio: token.is_portfolio,
                };
                (token.value.clone(), scope)
            })
            .collect();
        let by_id = |items: &[Value]| {
            items
                .iter()
                .filter_map(|item| Some((fixtures::uuid(item, "Id")?, item.clone())))
                .collect()
        };
        Self {
            client_tokens: data.client_tokens.iter().cloned().collect(),
            default_scope: data
                .access_tokens
                .first()
                .and_then(|token| access_tokens.get(&token.value).cloned())
                .unwrap_or_default(),
            access_tokens,
            enterprises: data
                .enterprises
                .iter()
                .map(|item| (item.id, item.clone()))
                .collect(),
            services: data
                .services
                .iter()
                .map(|item| (item.id, item.clone()))
                .collect(),
            rates: by_id(&data.rates),
            companies: by_id(&data.companies),
            travel_agencies: data.travel_agencies.iter().copied().collect(),
        }
    }

    /// Returns every token of the fixtures, for masking.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.client_tokens
            .iter()
            .chain(self.access_tokens.keys())
            .map(String::as_str)
    }

    /// Returns the scope of a pair of tokens.
    pub(crate) fn authenticate(
        &self,
        client: &str,
        access: &str,
        any: bool,
    ) -> Result<Scope, ApiError> {
        let unauthorized = |parameter: &str| {
            ApiError::new(StatusCode::UNAUTHORIZED, format!("Invalid {parameter}"))
                .because("unknown token; use `--accept-any-token` to accept any token")
        };
        if !any && !self.client_tokens.contains(client) {
            return Err(unauthorized("ClientToken"));
        }
        match self.access_tokens.get(access) {
            Some(scope) => Ok(scope.clone()),
            None if any => Ok(self.default_scope.clone()),
            None => Err(unauthorized("AccessToken")),
        }
    }

    /// Returns `true` if the enterprise and the company belong to the same chain.
    pub(crate) fn knows_company(&self, enterprise: Uuid, company: Uuid) -> bool {
        let chain = self
            .enterprises
            .get(&enterprise)
            .map(|enterprise| enterprise.chain_id);
        chain.is_some()
            && self
                .companies
                .get(&company)
                .and_then(|company| fixtures::uuid(company, "ChainId"))
                == chain
    }

    /// Returns `true` if a company has a travel agency contract.
    pub(crate) fn is_travel_agency(&self, company: Uuid) -> bool {
        self.travel_agencies.contains(&company)
    }

    /// Returns `true` if a rate belongs to a service.
    pub(crate) fn has_rate(&self, service: Uuid, rate: Uuid) -> bool {
        self.rates
            .get(&rate)
            .and_then(|rate| fixtures::uuid(rate, "ServiceId"))
            == Some(service)
    }
}

impl Scope {
    /// Returns the enterprises that a request reads from.
    ///
    /// A portfolio access token reads from those it names, or from all; with any other token `EnterpriseIds` is
    /// ignored (pages/vouchers.md, concepts/multi-property.md).
    pub(crate) fn to_read(&self, named: Option<&Vec<Uuid>>) -> Result<HashSet<Uuid>, ApiError> {
        match named {
            Some(named) if self.is_portfolio => {
                if let Some(outside) = named.iter().find(|id| !self.enterprises.contains(id)) {
                    return Err(ApiError::invalid(
                        "EnterpriseIds",
                        format!("{outside} is not within the scope of the access token"),
                    ));
                }
                Ok(named.iter().copied().collect())
            }
            _ => Ok(self.enterprises.iter().copied().collect()),
        }
    }

    /// Returns the enterprise that a request writes to.
    ///
    /// A portfolio access token must name one; with any other token `EnterpriseId` is ignored (pages/vouchers.md).
    pub(crate) fn to_write(&self, named: Option<Uuid>) -> Result<HashSet<Uuid>, ApiError> {
        if !self.is_portfolio {
            return Ok(self.enterprises.iter().copied().collect());
        }
        match named {
            None => Err(ApiError::invalid(
                "EnterpriseId",
                "a portfolio access token needs it",
            )),
            Some(named) if self.enterprises.contains(&named) => Ok(HashSet::from([named])),
            Some(named) => Err(ApiError::invalid(
                "EnterpriseId",
                format!("{named} is not within the scope of the access token"),
            )),
        }
    }
}
