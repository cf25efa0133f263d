//! The connection of an example: to a sandbox in this process, to a running sandbox, or to a real server.

use anyhow::bail;
use clap::Args;
use mews_connector::Client;
use mews_connector::types::ServiceId;
use mews_sandbox::{Sandbox, builtin};

/// The flags for the connection. Without them, the example starts a sandbox in this process.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown)] // The comments are the text of --help.
pub(crate) struct Connection {
    /// Connect to a running sandbox, such as http://127.0.0.1:6397
    #[arg(long, value_name = "URL", conflicts_with = "from_env")]
    base_url: Option<String>,
    /// Connect to a real server with MEWS_CLIENT_TOKEN, MEWS_ACCESS_TOKEN, MEWS_CLIENT and MEWS_URL
    #[arg(long)]
    from_env: bool,
}

impl Connection {
    /// Returns a client, and the sandbox that lives as long as the example.
    pub(crate) async fn open(&self) -> anyhow::Result<(Client, Option<Sandbox>)> {
        if self.from_env {
            return Ok((Client::builder().from_env().build()?, None));
        }
        let builder = Client::builder().credentials(
            builtin::CLIENT_TOKEN,
            builtin::ACCESS_TOKEN,
            "Example Integration 1.0.0",
        );
        if let Some(url) = &self.base_url {
            return Ok((builder.base_url(url).build()?, None));
        }
        let sandbox = Sandbox::start().await?;
        Ok((builder.base_url(sandbox.url()).build()?, Some(sandbox)))
    }

    /// Returns the service to use if the flags do not name one.
    pub(crate) fn default_service(&self) -> anyhow::Result<ServiceId> {
        if self.from_env {
            bail!("missing --service; pass the ID of a service of your enterprise");
        }
        Ok(builtin::SERVICE_ID.parse()?)
    }
}
