//! Corporate networks: proxies and custom certificate authorities.

use std::process::Command;

use mews_connector::clock::ManualClock;
use mews_connector::{ClientBuilder, Error, Tls, VoucherFilter, reqwest};
use mews_sandbox::builtin;

use crate::proxy::Proxy;
use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};
use crate::tls::Authority;

const LIBRARIES: &[Tls] = &[
    #[cfg(feature = "rustls")]
    Tls::Rustls,
    #[cfg(feature = "native-tls")]
    Tls::Native,
];

async fn server(authority: &Authority) -> Scripted {
    let page = Response::ok(r#"{ "Vouchers": [], "Cursor": null }"#);
    Scripted::start_tls([page], authority.localhost()).await
}

/// Sends a read with a client.
async fn read(builder: ClientBuilder) -> Result<usize, Error> {
    let client = builder.build().unwrap();
    let filter = VoucherFilter::services([id(builtin::SERVICE_ID)]);
    let vouchers = client.vouchers().items(filter).collect_all().await?;
    Ok(vouchers.len())
}

fn client(url: &str) -> ClientBuilder {
    client_of(url, &ManualClock::new())
}

/// Returns the text of an error and of all its sources.
fn text_of(error: &Error) -> String {
    let first: &dyn std::error::Error = error;
    let chain = std::iter::successors(Some(first), |error| error.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn trusts_a_certificate_authority_only_if_it_is_configured() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = server(&authority).await;
    assert!(!LIBRARIES.is_empty());
    for library in LIBRARIES {
        for builder in [
            client(&server.url),
            client(&server.url).certificate_authority(other.pem()),
        ] {
            let error = read(builder.tls(*library)).await.unwrap_err();
            assert!(error.failed_before_sending(), "{library:?}: {error}");
            assert!(
                text_of(&error).to_lowercase().contains("certificate"),
                "{library:?}: {}",
                text_of(&error)
            );
        }
        assert_eq!(server.requests().len(), 0, "{library:?}");
    }
    for (requests, library) in (1..).zip(LIBRARIES) {
        let bundle = format!("{}\n{}", other.pem(), authority.pem());
        let builder = client(&server.url).tls(*library);
        assert_eq!(
            read(builder.certificate_authority(bundle)).await.unwrap(),
            0
        );
        assert_eq!(server.requests().len(), requests, "{library:?}");
    }
}

#[tokio::test]
async fn rejects_a_certificate_for_another_name() {
    let authority = Authority::new();
    let server = server(&authority).await;
    let address = server.url.replace("localhost", "127.0.0.1");
    for library in LIBRARIES {
        let builder = client(&address).certificate_authority(authority.pem());
        let error = read(builder.tls(*library)).await.unwrap_err();
        assert!(error.failed_before_sending(), "{library:?}: {error}");
    }
}

#[test]
fn rejects_an_invalid_certificate_authority() {
    let key_only = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "not a certificate", &key_only, broken] {
        for library in LIBRARIES {
            let builder = client("https://localhost:1").tls(*library);
            let error = builder.certificate_authority(pem).build().unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains("certificate authority") || text.contains("HTTP client"),
                "{text}"
            );
            assert!(!text.contains("PRIVATE"), "{text}");
        }
    }
}

#[tokio::test]
async fn sends_https_requests_through_a_proxy_tunnel() {
    let authority = Authority::new();
    let server = server(&authority).await;
    // The authorization is `application:example-password` in Base64.
    let proxy = Proxy::start(Some("Basic YXBwbGljYXRpb246ZXhhbXBsZS1wYXNzd29yZA==")).await;
    for library in LIBRARIES {
        let requests = server.requests().len();
        let builder = || {
            client(&server.url)
                .tls(*library)
                .certificate_authority(authority.pem())
        };
        let url = format!("http://{}", proxy.address);
        let denied = reqwest::Proxy::https(&url).unwrap();
        let error = read(builder().proxy(denied)).await.unwrap_err();
        assert!(error.failed_before_sending(), "{error}");
        assert_eq!(server.requests().len(), requests);

        let with_credentials = reqwest::Proxy::https(&url)
            .unwrap()
            .basic_auth("application", "example-password");
        read(builder().proxy(with_credentials)).await.unwrap();
        let in_url = format!("http://application:example-password@{}", proxy.address);
        let in_url = reqwest::Proxy::https(in_url).unwrap();
        read(builder().proxy(in_url)).await.unwrap();
        assert_eq!(server.requests().len(), requests + 2);
    }
    for head in proxy.heads() {
        assert!(head.starts_with("CONNECT localhost:"), "{head}");
        assert!(!head.contains(builtin::ACCESS_TOKEN), "{head}");
    }
}

#[tokio::test]
async fn sends_plain_http_to_loopback_without_a_proxy() {
    let server = Scripted::start([Response::ok("{}")]).await;
    let proxy = Proxy::start(None).await;
    let url = format!("http://{}", proxy.address);
    let all = reqwest::Proxy::all(url).unwrap();
    read(client(&server.url).proxy(all)).await.unwrap();
    assert_eq!(proxy.heads().len(), 0);
}

/// The environment variable of a child process: the URL of the server, and the path of its certificate authority.
const CHILD: &str = "TEST_OF_THE_ENVIRONMENT";

/// Runs a test of this program in a child process with other environment variables.
async fn in_child(
    test: &str,
    server: &Scripted,
    authority: &Authority,
    variables: &[(&str, &str)],
) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    let child = format!("{} {}", server.url, file.path().display());
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, child)
        .envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
    drop(file);
}

#[tokio::test]
async fn uses_the_proxy_of_the_environment_variables() {
    if let Ok(child) = std::env::var(CHILD) {
        let (url, authority) = child.split_once(' ').unwrap();
        let authority = std::fs::read(authority).unwrap();
        read(client(url).certificate_authority(authority))
            .await
            .unwrap();
        return;
    }
    let authority = Authority::new();
    let server = server(&authority).await;
    let proxy = Proxy::start(None).await;
    let url = format!("http://{}", proxy.address);
    let name = "network::uses_the_proxy_of_the_environment_variables";
    let mut tunnels = 0;
    for (variables, uses_proxy) in [
        (vec![("HTTPS_PROXY", &*url)], true),
        (vec![("https_proxy", &*url)], true),
        (vec![("ALL_PROXY", &*url)], true),
        (vec![("HTTP_PROXY", &*url)], false),
        (
            vec![("HTTPS_PROXY", &*url), ("NO_PROXY", "localhost")],
            false,
        ),
        (
            vec![("HTTPS_PROXY", &*url), ("NO_PROXY", "other.example")],
            true,
        ),
    ] {
        in_child(name, &server, &authority, &variables).await;
        tunnels += usize::from(uses_proxy);
        assert_eq!(proxy.heads().len(), tunnels, "{variables:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn trusts_the_system_certificates_of_the_environment_variable() {
    if let Ok(child) = std::env::var(CHILD) {
        let (url, _) = child.split_once(' ').unwrap();
        for library in LIBRARIES {
            read(client(url).tls(*library)).await.unwrap();
        }
        return;
    }
    let authority = Authority::new();
    let server = server(&authority).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    let path = file.path().to_str().unwrap();
    let name = "network::trusts_the_system_certificates_of_the_environment_variable";
    in_child(name, &server, &authority, &[("SSL_CERT_FILE", path)]).await;
    assert_eq!(server.requests().len(), LIBRARIES.len());
}
