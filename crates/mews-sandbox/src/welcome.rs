//! What a sandbox says of itself when it starts.

use std::fmt::Write as _;

use crate::fixtures::Data;
use crate::operation::Operation;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Its address, tokens and identifiers, and a curl line to try, as text for a person.
    pub fn welcome(&self) -> String {
        let data = &self.fixtures().data;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = describe(&mut text, self.url(), data);
        text
    }
}

fn describe(text: &mut String, url: &str, data: &Data) -> std::fmt::Result {
    writeln!(text, "mews-sandbox at {url}  (Ctrl-C stops it)\n")?;
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
            token.access_token
        )?;
    }
    writeln!(text, "\nIdentifiers")?;
    for item in &data.enterprises {
        writeln!(text, "  Enterprise    {}  {}", item.id, item.name)?;
    }
    for item in &data.services {
        writeln!(text, "  Service       {}  {}", item.id, item.name)?;
    }
    for (kind, items) in [("Rate", &data.rates), ("Company", &data.companies)] {
        for item in items {
            let field = |name: &str| {
                item.get(name)
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or_default()
            };
            writeln!(text, "  {kind:<13} {}  {}", field("Id"), field("Name"))?;
        }
    }
    for item in &data.vouchers {
        let state = if item.is_active { "" } else { ", deleted" };
        writeln!(text, "  Voucher       {}  {}{state}", item.id, item.name)?;
    }
    if let (Some(client), Some(access), Some(service)) = (
        data.client_tokens.first(),
        data.access_tokens.first(),
        data.services.first(),
    ) {
        let body = serde_json::json!({
            "ClientToken": client,
            "AccessToken": access.access_token,
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
