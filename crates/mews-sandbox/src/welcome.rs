//! The text that a sandbox prints at its start.

use std::fmt::Write as _;

use serde_json::Value;

use crate::fixtures::Data;
use crate::operation::Operation;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Returns the URL, the tokens, the IDs, and a curl line to try, as text for a person.
    pub fn welcome(&self) -> String {
        let data = self.data();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = describe(&mut text, self.url(), data);
        text
    }
}

fn describe(text: &mut String, url: &str, data: &Data) -> std::fmt::Result {
    writeln!(text, "mews-sandbox at {url}  (Ctrl-C stops it)")?;
    writeln!(text, "Page for people: {url}/_sandbox/\n")?;
    writeln!(text, "Tokens")?;
    for token in &data.client_tokens {
        writeln!(text, "  ClientToken   {token}")?;
    }
    for token in &data.access_tokens {
        let portfolio = if token.is_portfolio {
            ", portfolio"
        } else {
            ""
        };
        let enterprises = match token.enterprise_ids.len() {
            1 => "one enterprise".to_owned(),
            count => format!("{count} enterprises"),
        };
        writeln!(
            text,
            "  AccessToken   {}  ({enterprises}{portfolio})",
            token.value
        )?;
    }
    writeln!(text, "\nIDs")?;
    list(
        text,
        "Enterprise",
        data.enterprises
            .iter()
            .map(|item| (item.id.to_string(), item.name.clone())),
    )?;
    list(
        text,
        "Service",
        data.services
            .iter()
            .map(|item| (item.id.to_string(), item.name.clone())),
    )?;
    list(text, "Rate", data.rates.iter().map(id_and_name))?;
    list(text, "Company", data.companies.iter().map(id_and_name))?;
    list(
        text,
        "Voucher",
        data.vouchers.iter().map(|item| {
            let item = &item.record;
            let state = if item.is_active { "" } else { ", deleted" };
            (item.id.to_string(), format!("{}{state}", item.name()))
        }),
    )?;
    if let (Some(client), Some(access), Some(service)) = (
        data.client_tokens.first(),
        data.access_tokens.first(),
        data.services.first(),
    ) {
        let body = serde_json::json!({
            "ClientToken": client,
            "AccessToken": access.value,
            "Client": "curl",
            "Extent": { "Vouchers": true },
            "ServiceIds": [service.id],
            "Limitation": { "Count": 10 },
        });
        writeln!(text, "\nTry")?;
        writeln!(
            text,
            "  curl -s {url}{} -H 'Content-Type: application/json' -d '{}'\n",
            Operation::VouchersGetAll.path(),
            body.to_string().replace('\'', "'\\''"),
        )?;
    }
    Ok(())
}

/// Writes one line for each item, up to a maximum.
fn list(
    text: &mut String,
    kind: &str,
    items: impl ExactSizeIterator<Item = (String, String)>,
) -> std::fmt::Result {
    const MAX: usize = 20;
    let more = items.len().saturating_sub(MAX);
    for (id, name) in items.take(MAX) {
        writeln!(text, "  {kind:<13} {id}  {name}")?;
    }
    if more > 0 {
        writeln!(text, "  {kind:<13} and {more} more")?;
    }
    Ok(())
}

fn id_and_name(item: &Value) -> (String, String) {
    let field = |name: &str| {
        item.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (field("Id"), field("Name"))
}
