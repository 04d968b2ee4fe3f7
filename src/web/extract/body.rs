//! Reading a body: bounded before anything is read, and in time. The one place that reads one.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{self, Bytes, Data},
};
use tokio::{sync::Semaphore, time::timeout};

use crate::web::{deadlines::Deadlines, page::problem::Kind, problem::Trouble, visit::Visit};

/// A body that is being read.
pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Trouble>>>>;

/// Bodies larger than this are read a few at a time.
const SMALL: usize = 64 * 1024;
/// So many of them: what they may hold together is memory that nobody else has.
static LARGE: Semaphore = Semaphore::const_new(128);

/// The most a SAML message may be: 256 KiB in base64, percent-encoded, and some room.
const MESSAGE_LIMIT: usize = 640 * 1024;

/// The body of a request, if it is no larger than `limit` bytes and comes in time. Without a length it counts as large.
pub async fn read(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Trouble> {
    let visit = Visit::of(request);
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if told.is_some_and(|length: usize| length > limit) {
        return Err(too_large(&visit));
    }
    let deadlines = request.app_data::<Data<Deadlines>>().map_or_else(Deadlines::default, |deadlines| ***deadlines);
    let broken = || Trouble::of(&visit, Kind::BadRequest { reason: "body".to_owned() }, "http.rejected", "body");
    let reading = async {
        let _room = if told.is_none_or(|length| length > SMALL) && limit > SMALL { LARGE.acquire().await.ok() } else { None };
        let payload = web::Payload::from_request(request, payload).await.map_err(|_| broken())?;
        payload.to_bytes_limited(limit).await.map_err(|_| too_large(&visit))?.map_err(|_| broken())
    };
    let slow = |_| Trouble::of(&visit, Kind::TooSlow, "http.rejected", "too_slow");
    timeout(deadlines.body, reading).await.map_err(slow)?
}

fn too_large(visit: &Visit) -> Trouble {
    Trouble::of(visit, Kind::TooLarge, "http.rejected", "too_large")
}

/// The body of a SAML message by form: another site's page sends it, so no token of ours is with it.
#[derive(Debug)]
pub struct Message(pub Bytes);

impl FromRequest for Message {
    type Error = Trouble;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(read(&request, &mut payload, MESSAGE_LIMIT).await?)) })
    }
}
