//! ★ Navigation, footer, and what robots may read.

/// A link in a menu.
#[derive(Debug)]
pub struct Item {
    pub path: &'static str,
    /// The pages that it stands for begin with this.
    pub area: &'static str,
    pub label: &'static str,
    /// The name of the icon in the sprite.
    pub icon: &'static str,
}

const fn item(path: &'static str, label: &'static str, icon: &'static str) -> Item {
    Item {
        path,
        area: path,
        label,
        icon,
    }
}

/// The first page of several that stand side by side.
const fn first(
    path: &'static str,
    area: &'static str,
    label: &'static str,
    icon: &'static str,
) -> Item {
    Item {
        path,
        area,
        label,
        icon,
    }
}

/// The rail of a signed-in user, above its line.
pub static MAIN: [Item; 6] = [
    item("/dashboard", "Dashboard", "columns-gap"),
    item("/accounts", "Accounts", "wallet2"),
    item("/entries", "Entries", "list-ul"),
    item("/charts", "Charts", "graph-up"),
    first("/stakes/cash", "/stakes", "Stakes", "layers"),
    item("/goals", "Goals", "bullseye"),
];

/// The rail below its line.
pub static SECOND: [Item; 3] = [
    item("/tools", "Tools", "calculator"),
    item("/help", "Help", "question-circle"),
    item("/settings", "Settings", "gear"),
];

/// Below these, for administrators.
pub static ADMIN: [Item; 1] = [item("/admin", "Admin", "sliders")];

/// The pages of `/admin`.
pub static ADMIN_PAGES: [Item; 7] = [
    item("/admin", "Overview", "columns-gap"),
    item("/admin/users", "Users", "person"),
    item("/admin/rates", "Rates", "currency-exchange"),
    item("/admin/currencies", "Currencies", "coin"),
    item("/admin/stakes", "Stakes", "layers"),
    item("/admin/jobs", "Jobs", "arrow-repeat"),
    item("/admin/audit", "Audit log", "journal-text"),
];

/// What "More" opens on a phone.
pub static MORE: [Item; 9] = [
    item("/charts", "Charts", "graph-up"),
    item("/entries", "Entries", "list-ul"),
    item("/deposits", "Deposits", "box-arrow-in-down"),
    item("/withdrawals", "Withdrawals", "box-arrow-up"),
    item("/goals", "Goals", "bullseye"),
    item("/achievements", "Badges", "award"),
    item("/tools", "Tools", "calculator"),
    item("/help", "Help", "question-circle"),
    item("/settings", "Settings", "gear"),
];

/// On top of the public pages.
pub static PUBLIC: [Item; 3] = [
    item("/about", "About", "info-circle"),
    item("/help", "Help", "question-circle"),
    item("/formulas", "Formulas", "calculator"),
];

/// At the foot of the public pages.
pub static FOOT: [Item; 5] = [
    item("/about", "About", "info-circle"),
    item("/help", "Help", "question-circle"),
    item("/formulas", "Formulas", "calculator"),
    item("/privacy", "Privacy", "shield-check"),
    item("/terms", "Terms", "file-earmark-text"),
];

/// What the settings hold beside the profile.
pub static SETTINGS: [Item; 6] = [
    item("/settings/security", "Security", "shield-lock"),
    item("/settings/sessions", "Devices", "laptop"),
    item("/settings/activity", "Recent activity", "clock-history"),
    item("/settings/notifications", "Mails we send", "envelope"),
    item("/settings/rates", "Own rates", "currency-exchange"),
    item("/settings/data", "Your data", "database"),
];
