//! The sandbox in code that is not async.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use mews_sandbox::{Sandbox, StartError};

fn status_of_health(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let request = "GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn start_blocking_serves_a_plain_test_and_stops_on_drop() {
    let sandbox = Sandbox::start_blocking().expect("the sandbox starts");
    let address = sandbox.address();
    assert_eq!(
        status_of_health(address).expect("a response"),
        "HTTP/1.1 200 OK"
    );
    drop(sandbox);
    assert!(TcpStream::connect(address).is_err(), "the sandbox stopped");
}

#[test]
fn start_blocking_returns_the_error_of_the_server() {
    let first = Sandbox::start_blocking().expect("the sandbox starts");
    let port = first.address().port();
    let second = Sandbox::builder().port(port).start_blocking();
    assert!(
        matches!(second, Err(StartError::Listen { .. })),
        "{second:?}"
    );
}

#[test]
fn start_blocking_works_inside_a_runtime_of_either_flavor() {
    for mut builder in [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ] {
        let runtime = builder.enable_all().build().expect("a runtime");
        let sandbox = runtime.block_on(async { Sandbox::start_blocking() });
        let sandbox = sandbox.expect("the sandbox starts");
        assert!(status_of_health(sandbox.address()).is_ok());
    }
}
