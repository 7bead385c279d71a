//! Lists, page by page, as Kong gives them.

use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;
use registry::{Offset, Page, PageRequest, PageSize};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::fault::{FieldFaults, RequestFault};

/// Which part of a list is asked for.
pub(crate) struct Wanted {
    pub(super) page: PageRequest,
    /// As it was given, for the address of the next page.
    size: Option<u16>,
    pub(super) custom_id: Option<String>,
}

/// Which part of a list is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read by hand, with a word about each fault")]
pub(crate) struct PageParams {
    /// At most so many entries; 100 where it is left out
    #[param(minimum = 1, maximum = 1000, required = false)]
    size: Option<u16>,
    /// Where the page before ended: its `offset`
    #[param(required = false)]
    offset: Option<String>,
}

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageAnswer<T> {
    data: Vec<T>,
    /// The path of the next page; null: there is none
    next: Option<String>,
    /// Where the next page begins, where there is one
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = RequestFault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RequestFault> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        let (mut size, mut after, mut custom_id) = (None, None, None);
        let mut faults = FieldFaults::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "size" => match value.parse().ok().and_then(|given| PageSize::new(given).map(|_| given)) {
                    Some(given) => size = Some(given),
                    None => faults.add("size", "is not a whole number from 1 to 1000"),
                },
                "offset" => match Offset::parse(&value) {
                    Some(offset) => after = Some(offset),
                    None => faults.add("offset", "is not one that a page before gave"),
                },
                "custom_id" if value.is_empty() => faults.add("custom_id", "is empty"),
                "custom_id" => custom_id = Some(value.into_owned()),
                // A list of everything is no answer to whoever asked for some.
                _ => faults.add(&name, "is not something that this list can be asked by"),
            }
        }
        if !faults.is_empty() {
            return Err(RequestFault::Invalid(faults));
        }
        let page = PageRequest { size: size.and_then(PageSize::new).unwrap_or_default(), after };
        Ok(Self { page, size, custom_id })
    }
}

impl Wanted {
    /// Of a list that has no `custom_id`.
    pub(super) fn page_only(self) -> Result<Self, RequestFault> {
        if self.custom_id.is_some() {
            return Err(RequestFault::invalid(
                "custom_id",
                "is not something that this list can be asked by",
            ));
        }
        Ok(self)
    }

    /// Returns the page of the list at `path`.
    pub(super) fn answer<T, A>(&self, path: &str, page: Page<T>, answer: impl Fn(T) -> A) -> PageAnswer<A> {
        let offset = page.next.map(|next| next.to_string());
        let next = offset.as_ref().map(|offset| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("offset", offset);
            if let Some(size) = self.size {
                query.append_pair("size", &size.to_string());
            }
            format!("{path}?{}", query.finish())
        });
        PageAnswer { data: page.entries.into_iter().map(answer).collect(), next, offset }
    }
}

impl<T> PageAnswer<T> {
    /// A list that is all there is.
    pub(super) fn whole(data: Vec<T>) -> Self {
        Self { data, next: None, offset: None }
    }
}
