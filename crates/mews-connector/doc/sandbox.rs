# use mews_sandbox::{Sandbox, builtin};
# #[tokio::main]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let sandbox = Sandbox::builder().start().await?;
# let client = mews_connector::Client::builder()
#     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Example Integration 1.0.0")
#     .base_url(sandbox.url())
#     .build()?;
