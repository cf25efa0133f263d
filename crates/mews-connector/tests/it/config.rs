//! The configuration of a client.

use std::time::Duration;

use mews_connector::{Client, ConfigError, Credentials};

fn builder() -> mews_connector::ClientBuilder {
    Client::builder().credentials(
        "sandbox-client-token",
        "sandbox-access-token",
        "Tests 1.0.0",
    )
}

fn problem(builder: mews_connector::ClientBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn invalid_configuration_is_an_error_that_names_the_setting() {
    assert_eq!(
        problem(Client::builder()),
        "missing credentials; pass credentials to the builder"
    );
    assert!(problem(builder().base_url("http://pms.example.com")).contains("plain http"));
    assert!(problem(builder().language("en-US", " ")).contains("CultureCode"));
    assert!(problem(builder().timeout(Duration::ZERO)).contains("timeout"));
    assert!(problem(builder().deadline(Duration::ZERO)).contains("deadline"));
    assert!(problem(builder().body_limit(0)).contains("body limit"));
    assert!(problem(builder().user_agent("a\nb")).contains("HTTP client"));
    for (client_token, access_token, name, field) in [
        ("", "sandbox-access-token", "Tests", "ClientToken"),
        (
            "sandbox-client-token",
            "sandbox-access-token\n",
            "Tests",
            "AccessToken",
        ),
        (
            "sandbox-client-token",
            "sandbox access-token",
            "Tests",
            "AccessToken",
        ),
        (
            "sandbox-client-token",
            "sandbox-access-token",
            " ",
            "Client",
        ),
    ] {
        let error = Credentials::new(client_token, access_token, name).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
        assert!(!error.to_string().contains("sandbox"), "{error}");
    }
}

#[test]
fn clients_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: T) {}
    fn error<T: std::error::Error + Send + Sync + 'static>() {}

    let client = builder().build().unwrap();
    shared(&client);
    shared(&client.vouchers());
    shared(&client.bulk());
    let service = "5e000000-0000-4000-8000-000000000001".parse().unwrap();
    sent(
        client
            .vouchers()
            .pages(mews_connector::VoucherFilter::services([service])),
    );
    sent(
        client
            .vouchers()
            .details(mews_connector::VoucherFilter::services([service])),
    );
    sent(client.export([service]).records());
    error::<mews_connector::Error>();
    error::<ConfigError>();
}

#[test]
fn error_has_the_size_of_one_pointer() {
    assert_eq!(size_of::<mews_connector::Error>(), size_of::<usize>());
}
