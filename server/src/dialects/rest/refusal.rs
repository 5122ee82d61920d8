//! The catalogue as HTTP answers.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rallypoint_protocol::{ApiError, ErrorCode};

/// How many there are in all, where a list is cut.
pub(super) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// An error on its way to a client.
pub struct Refusal {
    error: ApiError,
    status: StatusCode,
}

impl Refusal {
    pub(super) fn method_not_allowed() -> Self {
        let error = ApiError::new(ErrorCode::BadRequest, "This path does not take this method.");
        Self { error, status: StatusCode::METHOD_NOT_ALLOWED }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let status = StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { error, status }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        ApiError::from(code).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let retry_after = self.error.retry_after;
        let mut response = (self.status, Json(self.error)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Answers for a handler that broke, with an id to find it in the log.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let incident = uuid::Uuid::new_v4().simple().to_string();
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("no text"), %incident, "request handler panicked");
    let message = format!("Something broke on the server. Report the id {}.", &incident[..12]);
    Refusal::from(ApiError::new(ErrorCode::Internal, message)).into_response()
}
