# use mews_sandbox::{Sandbox, builtin};
# fn main() -> Result<(), Box<dyn std::error::Error>> {
# let runtime = tokio::runtime::Runtime::new()?;
# let sandbox = runtime.block_on(Sandbox::builder().start())?;
# let client = mews_connector::Client::builder()
#     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Example Integration 1.0.0")
#     .base_url(sandbox.url())
#     .build_blocking()?;
