//! The additions to the spec work from the request to the response.
#![allow(clippy::print_stdout)] // The program prints that it has finished.

use mews_connector::prelude::*;
use mews_connector::types::ProductFilterParameters;
use mews_sandbox::{Sandbox, builtin};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let product = |number: u32| {
        json!({
            "Id": format!("5e000000-0000-4000-8000-0000000000{number:02}"),
            "Name": format!("Product {number}"),
            "CreatedUtc": format!("2026-01-{number:02}T09:00:00Z"),
        })
    };
    let products: Vec<Value> = (1..=5).map(product).collect();
    let sandbox = Sandbox::builder()
        .records("Products", products.into())
        .start()
        .await?;
    let client = Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Scenarios 1.0.0")
        .base_url(sandbox.url())
        .build()?;

    notes_are_set_updated_cleared_and_read(&client).await?;
    products_are_listed(&client).await?;
    println!("both changes work");
    Ok(())
}

async fn notes_are_set_updated_cleared_and_read(
    client: &Client,
) -> Result<(), Box<dyn std::error::Error>> {
    let service = builtin::SERVICE_ID.parse()?;
    let new = NewVoucher::public(service, "With notes").notes("First");
    let added = client.vouchers().add([new]).await?;
    assert_eq!(added[0].notes.as_deref(), Some("First"));
    let voucher = added[0].id;
    let plain = NewVoucher::public(service, "Without notes");
    assert_eq!(client.vouchers().add([plain]).await?[0].notes, None);

    for (update, expected) in [
        (VoucherUpdate::new(voucher).notes("Second"), Some("Second")),
        (VoucherUpdate::new(voucher).name("Renamed"), Some("Second")),
        (VoucherUpdate::new(voucher).notes(Update::Clear), None),
    ] {
        let changed = client.vouchers().update([update]).await?;
        assert_eq!(changed[0].notes.as_deref(), expected);
        let filter = VoucherFilter::services([service]).voucher_ids([voucher]);
        let read = client.vouchers().items(filter).collect_all().await?;
        assert_eq!(read[0].notes.as_deref(), expected);
    }

    let long = NewVoucher::public(service, "Long").notes("x".repeat(1001));
    let error = client.vouchers().add([long]).await.expect_err("too long");
    let violation = error.constraint_violation().expect("a constraint");
    assert_eq!(violation.property, "VoucherParameters[0].Notes");
    Ok(())
}

async fn products_are_listed(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let request = || ProductFilterParameters::new(Limitation::new(2));
    let page = client.send(request()).await?;
    assert_eq!(page.products.as_ref().map(Vec::len), Some(2));

    let pages = client.pages(request()).collect_all().await?;
    let sizes: Vec<_> = pages.iter().map(|page| page.items().len()).collect();
    assert_eq!(sizes, [2, 2, 1]);

    let items = client.items(request()).collect_all().await?;
    let names: Vec<_> = items.iter().filter_map(|product| product.name.as_deref()).collect();
    assert_eq!(names, ["Product 5", "Product 4", "Product 3", "Product 2", "Product 1"]);

    let elsewhere = client.for_enterprises([builtin::SECOND_ENTERPRISE_ID.parse()?]);
    let request = ProductFilterParameters::new(Limitation::new(2)).enterprise_ids([
        builtin::ENTERPRISE_ID.parse::<EnterpriseId>()?,
    ]);
    assert!(elsewhere.items(request).try_next().await.is_err());
    Ok(())
}
