//! A first program, which finds a service, then adds, reads, changes and deletes its vouchers and codes.
//!
//!     cargo run -p mews-connector --example quickstart
//!
//! It starts a sandbox in the same process, so it needs no account and no network. For the vendor's environments, only
//! the first lines differ: `Client::builder().from_env()`.
#![allow(clippy::print_stdout)] // It is there to print.

use anyhow::bail;
use mews_connector::types::{RateId, Service, ServiceId};
use mews_connector::{
    Client, NewVoucher, NewVoucherCode, Update, VoucherCodeFilter, VoucherFilter, VoucherFilterExt,
    VoucherUpdate,
};
use mews_sandbox::{Sandbox, builtin};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sandbox = Sandbox::builder().start().await?;
    println!("The sandbox listens at {}.", sandbox.url());

    // The credentials are set once and never print.
    let client = Client::builder()
        .credentials(
            builtin::CLIENT_TOKEN,
            builtin::ACCESS_TOKEN,
            "Quickstart 1.0.0",
        )
        .base_url(sandbox.url())
        .build()?;

    let (service, rate) = service_with_private_rate(&client).await?;

    println!("Adding two vouchers …");
    let added = client
        .vouchers()
        .add([
            NewVoucher::public(service, "Autumn weekend")
                .assigned_rate_ids([rate])
                .external_identifier("AUTUMN"),
            NewVoucher::public(service, "Winter weekend").external_identifier("WINTER"),
        ])
        .await?;
    for voucher in added.iter() {
        println!("  {} {}", voucher.id, text(voucher.name.as_ref()));
    }
    println!(
        "  (request {}, if you ever need to ask support)",
        added.request_id().unwrap_or("unknown")
    );
    let autumn = added[0].id;

    println!("Adding 25 codes to the first …");
    let codes = (1..=25).map(|number| NewVoucherCode::new(autumn, format!("AUTUMN-{number:02}")));
    let codes = client.voucher_codes().add(codes).await?.into_inner();
    println!(
        "  {} codes, the first is {}",
        codes.len(),
        text(codes[0].value.as_ref())
    );

    println!("Reading them in pages of 10, newest first …");
    let filter = VoucherCodeFilter::vouchers([autumn]);
    let mut pages = client.voucher_codes().pages(filter.clone()).page_size(10);
    while let Some(page) = pages.try_next().await? {
        let values: Vec<_> = page
            .items()
            .iter()
            .filter_map(|code| code.value.as_deref())
            .collect();
        println!("  {:>2} codes: {}", values.len(), values.join(" "));
    }

    println!("Setting the name, clearing the external identifier, keeping everything else …");
    let change = VoucherUpdate::new(autumn)
        .name("Autumn in the city")
        .external_identifier(Update::Clear);
    let changed = client.vouchers().update([change]).await?;
    println!(
        "  now called {}, external identifier: {}",
        text(changed[0].name.as_ref()),
        text(changed[0].external_identifier.as_ref())
    );

    println!("Deleting ten codes and the second voucher …");
    client
        .voucher_codes()
        .delete(codes[..10].iter().map(|code| code.id))
        .await?;
    client.vouchers().delete([added[1].id]).await?;

    println!("Reading what is left …");
    let vouchers = client
        .vouchers()
        .items(VoucherFilter::services([service]).active())
        .collect_all()
        .await?;
    let codes = client.voucher_codes().items(filter).collect_all().await?;
    let active = codes
        .iter()
        .filter(|code| code.is_active == Some(true))
        .count();
    println!(
        "  {} active vouchers; {active} of {} codes are active",
        vouchers.len(),
        codes.len()
    );

    println!("Sending an invalid request …");
    let none: [NewVoucherCode; 0] = [];
    if let Err(error) = client.voucher_codes().add(none).await {
        println!("  {error}");
    }
    Ok(())
}

/// Returns the first service with a private rate, and the rate. A voucher gives access to private rates. Usually, the
/// service and the rate are settings, or choices of the user.
async fn service_with_private_rate(client: &Client) -> anyhow::Result<(ServiceId, RateId)> {
    println!("Reading the services …");
    let services = client.bookable_services().collect_all().await?;
    for service in &services {
        println!("  {} {}", service.id, name(service));
    }
    for service in &services {
        let rates = client.private_rates_of([service.id]).collect_all().await?;
        if let Some(rate) = rates.first() {
            println!("  {} has a private rate", name(service));
            return Ok((service.id, rate.id));
        }
    }
    bail!("no service has a private rate")
}

/// Returns the name of a service in any language.
fn name(service: &Service) -> &str {
    let mut names = service.names.iter().flat_map(|names| names.0.values());
    text(names.find_map(Option::as_ref))
}

/// Returns the text of a property, which a response can omit.
fn text(value: Option<&String>) -> &str {
    value.map_or("none", String::as_str)
}
