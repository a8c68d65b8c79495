//! How we speak HTTP and HTML. Knows no feature.

pub mod admission;
pub mod assets;
pub mod caller;
pub mod client;
pub mod compression;
pub mod csv;
pub mod device;
pub mod errors;
pub mod form;
pub mod form_token;
pub mod format;
pub mod headers;
pub mod kept;
pub mod limits;
pub mod listener;
pub mod local_time;
pub mod next;
pub mod notices;
pub mod origin;
pub mod paging;
pub mod parse;
pub mod path;
pub mod refusals;
pub mod reports;
pub mod session;
pub mod ui;
pub mod upload;

pub use caller::Caller;
pub use form::{Field, Form};
pub use kept::Kept;
pub use paging::Paging;
pub use path::Path;
pub use ui::{Admin, Flash, Html, Sudo, Ui, User, Vouched};
pub use upload::Upload;
