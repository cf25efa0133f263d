//! A server of voucher codes over real HTTP, with behavior that no vendor document rules out.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use mews_connector::clock::ManualClock;
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted};

/// The behavior of the server.
#[derive(Clone)]
pub(crate) struct Behavior {
    /// The number of seconds that the server's clock is behind the client's clock. A negative number is ahead.
    pub(crate) behind: i64,
    /// The maximum number of items of an add. A larger add has no effect, and the response is a 408.
    pub(crate) max_items: usize,
    /// The adds, counted from 0, that take effect but get no response.
    pub(crate) lost: fn(usize) -> bool,
    /// The delay after which the first add takes effect. The connection of the add is closed at once.
    pub(crate) late: Option<Duration>,
    /// The values that the server rejects with a 400.
    pub(crate) is_bad: fn(&str) -> bool,
    /// Whether an add with an invalid item creates nothing. Otherwise the items before the invalid item are created.
    pub(crate) atomic: bool,
    /// The conversion of a value before the server stores the value.
    pub(crate) stored: fn(&str) -> String,
    /// A change of each record in a listing.
    pub(crate) listed: fn(&mut Value),
    /// A change of each record in the response to an add.
    pub(crate) created: fn(&mut Value),
    pub(crate) sends_date: bool,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            behind: 0,
            max_items: 1000,
            lost: |_| false,
            late: None,
            is_bad: |_| false,
            atomic: true,
            stored: str::to_owned,
            listed: |_| {},
            created: |_| {},
            sends_date: true,
        }
    }
}

pub(crate) struct FakeServer {
    scripted: Scripted,
    behavior: Behavior,
    clock: ManualClock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    codes: Vec<Value>,
    adds: usize,
    lists: usize,
    /// The delayed add, and the time at which the add takes effect.
    late: Option<(SystemTime, Vec<Value>)>,
}

impl FakeServer {
    pub(crate) async fn start(clock: &ManualClock, behavior: Behavior) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let (seen, own_clock, own_behavior) = (state.clone(), clock.clone(), behavior.clone());
        let clock = clock.clone();
        let respond = move |body: &Value| {
            let now = server_time(&clock, behavior.behind);
            let (status, body) = seen.lock().unwrap().serve(&behavior, body, now);
            match status {
                0 => Response::Raw(Vec::new()),
                status => response(status, &body, behavior.sends_date.then_some(now)),
            }
        };
        Self {
            scripted: Scripted::start([Response::of(respond)]).await,
            behavior: own_behavior,
            clock: own_clock,
            state,
        }
    }

    /// Creates a code as another writer.
    pub(crate) fn create(&self, voucher: &str, value: &str) {
        let now = server_time(&self.clock, self.behavior.behind);
        let input = json!({ "VoucherId": voucher, "Value": value });
        let mut state = self.state.lock().unwrap();
        state.create(&self.behavior, &[input], now);
    }

    /// Applies the delayed add.
    pub(crate) fn finish(&self) {
        let mut state = self.state.lock().unwrap();
        if let Some((time, inputs)) = state.late.take() {
            state.create(&self.behavior, &inputs, time);
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.scripted.url
    }

    /// Returns the stored values of all codes, sorted.
    pub(crate) fn values(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let values = state
            .codes
            .iter()
            .map(|code| code["Value"].as_str().unwrap());
        let mut values: Vec<_> = values.map(str::to_owned).collect();
        values.sort();
        values
    }

    /// Returns the number of adds and the number of listings so far.
    pub(crate) fn requests(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.adds, state.lists)
    }
}

fn server_time(clock: &ManualClock, behind: i64) -> SystemTime {
    let now = mews_connector::clock::Clock::system_time(clock);
    let by = Duration::from_secs(behind.unsigned_abs());
    if behind < 0 { now + by } else { now - by }
}

fn response(status: u16, body: &Value, date: Option<SystemTime>) -> Response {
    let body = body.to_string();
    let date = date.map_or(String::new(), |date| {
        let date: chrono::DateTime<chrono::Utc> = date.into();
        format!("date: {}\r\n", date.format("%a, %d %b %Y %H:%M:%S GMT"))
    });
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n{date}content-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    Response::Raw([head.into_bytes(), body.into_bytes()].concat())
}

impl State {
    fn create(&mut self, behavior: &Behavior, inputs: &[Value], now: SystemTime) {
        let now: chrono::DateTime<chrono::Utc> = now.into();
        let now = now.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        for input in inputs {
            let number = self.codes.len();
            self.codes.push(json!({
                "Id": format!("c0de0000-0000-4000-8000-{number:012x}"),
                "VoucherId": input["VoucherId"],
                "Value": (behavior.stored)(input["Value"].as_str().unwrap()),
                "ValidityStartUtc": input["ValidityStartUtc"],
                "ValidityEndUtc": input["ValidityEndUtc"],
                "CreatedUtc": now,
                "UpdatedUtc": now,
                "IsActive": true,
            }));
        }
    }

    fn serve(&mut self, behavior: &Behavior, body: &Value, now: SystemTime) -> (u16, Value) {
        if let Some((time, inputs)) = self.late.take_if(|(time, _)| *time <= now) {
            self.create(behavior, &inputs, time);
        }
        let Some(inputs) = body["VoucherCodeParameters"].as_array() else {
            return (200, self.list(behavior, body));
        };
        let number = self.adds;
        self.adds += 1;
        if inputs.len() > behavior.max_items {
            return (408, json!({ "Message": "The request took too long." }));
        }
        if let Some(late) = behavior.late.filter(|_| number == 0) {
            self.late = Some((now + late, inputs.clone()));
            return (0, Value::Null);
        }
        let value = |input: &Value| input["Value"].as_str().unwrap().to_owned();
        let bad = inputs
            .iter()
            .position(|input| (behavior.is_bad)(&value(input)));
        let applied = match bad {
            Some(_) if behavior.atomic => 0,
            Some(at) => at,
            None => inputs.len(),
        };
        let first = self.codes.len();
        self.create(behavior, &inputs[..applied], now);
        if bad.is_some() {
            return (400, json!({ "Message": "Invalid Value" }));
        }
        if (behavior.lost)(number) {
            return (0, Value::Null);
        }
        let mut created = self.codes[first..].to_vec();
        created.iter_mut().for_each(behavior.created);
        (200, json!({ "VoucherCodes": created, "Cursor": null }))
    }

    /// Returns a page, newest records first. A cursor is the ID of the last record of a page.
    fn list(&mut self, behavior: &Behavior, body: &Value) -> Value {
        self.lists += 1;
        let cursor = &body["Limitation"]["Cursor"];
        let end = self.codes.iter().position(|code| code["Id"] == *cursor);
        let count = usize::try_from(body["Limitation"]["Count"].as_u64().unwrap()).unwrap();
        let newest = self.codes[..end.unwrap_or(self.codes.len())].iter().rev();
        let mut page: Vec<Value> = newest.take(count).cloned().collect();
        let cursor = page.last().map(|code| code["Id"].clone());
        page.iter_mut().for_each(behavior.listed);
        json!({ "VoucherCodes": page, "Cursor": cursor })
    }
}
