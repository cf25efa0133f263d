//! Pages, according to guidelines/pagination.md.

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of, vouchers_of};

// guidelines/pagination.md, "Limitation": a page without a cursor has the most recent items. "Cursor null": the cursor
// is null only if the page has no data.
#[tokio::test]
async fn listings_are_newest_first_and_end_with_an_empty_page() {
    let api = Api::new().await;
    let values: Vec<String> = (0..7).map(|number| format!("PAGE-{number}")).collect();
    let added = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(
                builtin::PARTNER_VOUCHER_ID,
                values.iter().map(String::as_str),
            ),
        )
        .await
        .ok();
    let mut newest_first = added.ids("VoucherCodes");
    newest_first.reverse();
    newest_first.push("c0de0000-0000-4000-8000-000000000004".into());

    for count in [1, 2, 3, 4, 8, 1000] {
        let (listed, pages) = api
            .list(
                Operation::VoucherCodesGetAll,
                codes_of(builtin::PARTNER_VOUCHER_ID),
                count,
            )
            .await;
        assert_eq!(listed, newest_first, "count {count}");
        assert_eq!(
            pages,
            8_usize.div_ceil(count as usize) + 1,
            "a listing ends with an empty page"
        );
    }
    let (vouchers, _) = api
        .list(
            Operation::VouchersGetAll,
            vouchers_of(builtin::SERVICE_ID),
            2,
        )
        .await;
    assert_eq!(
        vouchers,
        [
            builtin::AGENCY_VOUCHER_ID,
            builtin::PARTNER_VOUCHER_ID,
            builtin::VOUCHER_ID
        ],
        "the voucher that was updated last is still the oldest"
    );
}

// guidelines/pagination.md, "Response": the cursor is the oldest item of the page, even if all extents are false.
#[tokio::test]
async fn cursor_is_the_last_voucher_even_without_extents() {
    let api = Api::new().await;
    for extent in [
        json!({}),
        json!({ "Vouchers": false }),
        json!({ "Vouchers": null, "Rates": true }),
    ] {
        let mut body = vouchers_of(builtin::SERVICE_ID);
        body["Extent"] = extent;
        let reply = api.call(Operation::VouchersGetAll, body).await.ok();
        assert_eq!(reply.body["Vouchers"], Value::Null);
        assert_eq!(reply.body["Cursor"], builtin::VOUCHER_ID);
    }
}

// guidelines/pagination.md, "Limitation": "minimum 1, maximum 1000".
#[tokio::test]
async fn count_must_be_from_1_to_1000() {
    let api = Api::new().await;
    let page = |count: Value| {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body["Limitation"] = json!({ "Count": count });
        body
    };
    for count in [
        json!(0),
        json!(1001),
        json!(-1),
        json!(1.5),
        json!("10"),
        json!(null),
        json!(1e300),
    ] {
        api.call(Operation::VoucherCodesGetAll, page(count))
            .await
            .rejected(400, "Invalid Count");
    }
    for count in [json!(1), json!(1000), json!(2.0)] {
        api.call(Operation::VoucherCodesGetAll, page(count))
            .await
            .ok();
    }
    let mut body = codes_of(builtin::VOUCHER_ID);
    body.as_object_mut()
        .expect("an object")
        .remove("Limitation");
    api.call(Operation::VoucherCodesGetAll, body)
        .await
        .rejected(400, "Invalid Limitation");
}

#[tokio::test]
async fn cursor_stays_valid_after_its_item_is_deleted_and_newer_items_are_added() {
    let api = Api::new().await;
    let mut first = codes_of(builtin::VOUCHER_ID);
    first["Limitation"] = json!({ "Count": 2 });
    let cursor = api
        .call(Operation::VoucherCodesGetAll, first.clone())
        .await
        .ok()
        .body["Cursor"]
        .clone();
    assert_eq!(cursor, builtin::LIMITED_CODE_ID);
    api.call(
        Operation::VoucherCodesDelete,
        json!({ "VoucherCodeIds": [cursor] }),
    )
    .await
    .ok();
    api.call(
        Operation::VoucherCodesAdd,
        add_codes(builtin::VOUCHER_ID, ["NEWER"]),
    )
    .await
    .ok();
    first["Limitation"] = json!({ "Count": 2, "Cursor": cursor });
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, first)
            .await
            .ok()
            .ids("VoucherCodes"),
        [builtin::CODE_ID]
    );
}

#[tokio::test]
async fn rejects_unknown_cursors() {
    let api = Api::new().await;
    for cursor in [
        "",
        "nonsense",
        "'; DROP TABLE codes; --",
        builtin::VOUCHER_ID,
        "c0de0000-0000-4000-8000-00000000ffff",
    ] {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body["Limitation"] = json!({ "Count": 1, "Cursor": cursor });
        api.call(Operation::VoucherCodesGetAll, body)
            .await
            .rejected(400, "Invalid Cursor");
    }
}

// A page merges the codes of several vouchers. The order must be the same as for sorting all codes.
#[tokio::test]
async fn pages_over_many_vouchers_are_complete_and_in_order() {
    let api = Api::with(|builder| builder.seed_codes(5_000)).await;
    let vouchers: Vec<String> = (0..5)
        .map(|n| format!("d15c0000-0000-4000-8000-{:012x}", 0x101 + n))
        .collect();
    let body = json!({ "VoucherIds": vouchers });
    let (listed, _) = api.list(Operation::VoucherCodesGetAll, body, 333).await;
    let expected: Vec<String> = (0..5_000)
        .rev()
        .map(|n| format!("c0de0000-0000-4000-8000-{:012x}", 0x101 + n))
        .collect();
    assert_eq!(listed, expected);
}
