//! The connection between the generated client and the transport.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};

use crate::generated::Client;
use crate::transport::SharedTransport;

impl ClientHooks<SharedTransport> for Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        self.inner()
            .send(self.client(), request, info.operation_id)
            .await
    }
}
