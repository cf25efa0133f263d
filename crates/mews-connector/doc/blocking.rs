# use mews_sandbox::{Sandbox, builtin};
# fn main() -> Result<(), Box<dyn std::error::Error>> {
# let runtime = tokio::runtime::Runtime::new()?;
# let sandbox = runtime.block_on(Sandbox::builder().start())?;
