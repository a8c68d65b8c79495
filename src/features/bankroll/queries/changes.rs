//! SQL of changes, which undo and history read, and of the forms that made them.

use std::vec;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::line_of;
use crate::features::bankroll::ledger::{Account, Entry, EntryKind, Line};
use crate::ids::{AccountId, ChangeId, EntryId, UserId};
use crate::jobs::Slip;
use crate::money::Currency;

/// A row as it was before a write and after it. One of the two is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

/// What a write did.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    pub made_at: DateTime<Utc>,
    /// See [`crate::features::bankroll::service::Action`].
    pub action: String,
    pub accounts: Json<Vec<Row<Account>>>,
    pub entries: Json<Vec<Row<Entry>>>,
    pub undone_by: Option<ChangeId>,
}

/// Saves a change, with what it undoes, what its form's key was used for and the job that follows from it, if the ledger
/// is still at a version: `false` if it is not, and nothing was done. One statement is one round trip, and a transaction of
/// its own: the user's row is locked for no longer than it takes the database. Forgets keys that are over a week old.
///
/// May violate `accounts_user_group_name_key`.
pub async fn save(
    db: impl PgExecutor<'_>,
    owner: UserId,
    version: i64,
    change: &Change,
    undoes: Option<ChangeId>,
    form: Option<(Uuid, &[u8])>,
    follows: &Slip,
) -> sqlx::Result<bool> {
    let accounts = Sorted::of(&change.accounts.0, |account| account.id.0);
    let entries = Sorted::of(&change.entries.0, |entry| entry.id.0);
    let saved = sqlx::query_scalar!(
        r#"
        with owner as (
            select id from users where id = $1 and ledger_version = $2 for no key update
        ), deleted_entries as (
            delete from entries e using owner o where e.user_id = o.id and e.id = any($3)
        ), deleted_accounts as (
            delete from accounts a using owner o where a.user_id = o.id and a.id = any($4)
        ), new_accounts as (
            insert into accounts (id, user_id, kind, name, currency, position, archived_at, version)
            select t.id, o.id, kind, name, currency, position, archived_at, version
            from owner o cross join jsonb_to_recordset($5) as t (
                id uuid, kind text, name text, currency text, position int, archived_at timestamptz, version int)
        ), edited_accounts as (
            update accounts a
            set kind = t.kind, name = t.name, currency = t.currency, position = t.position, archived_at = t.archived_at,
                version = t.version
            from owner o cross join jsonb_to_recordset($6) as t (
                id uuid, kind text, name text, currency text, position int, archived_at timestamptz, version int)
            where a.user_id = o.id and a.id = t.id
        ), new_entries as (
            insert into entries (id, user_id, account_id, kind, amount, fee, currency, occurred_at, position,
                                 transfer_id, note, tags, version)
            select t.id, o.id, account, kind, amount, fee, currency, occurred_at, position, transfer, note, tags, version
            from owner o cross join jsonb_to_recordset($7) as t (
                id uuid, account uuid, kind text, amount numeric, fee numeric, currency text, occurred_at timestamptz,
                position bigint, transfer uuid, note text, tags text[], version int)
        ), edited_entries as (
            update entries e
            set account_id = t.account, kind = t.kind, amount = t.amount, fee = t.fee, currency = t.currency,
                occurred_at = t.occurred_at, position = t.position, transfer_id = t.transfer, note = t.note,
                tags = t.tags, version = t.version
            from owner o cross join jsonb_to_recordset($8) as t (
                id uuid, account uuid, kind text, amount numeric, fee numeric, currency text, occurred_at timestamptz,
                position bigint, transfer uuid, note text, tags text[], version int)
            where e.user_id = o.id and e.id = t.id
        ), undone as (
            update changes c set undone_by = $9 from owner o where c.user_id = o.id and c.id = $10
        ), kept as (
            insert into changes (id, user_id, made_at, action, accounts, entries, entry_ids)
            select $9, o.id, $11, $12, $13, $14, $15 from owner o
        ), forgotten as (
            delete from submissions s using owner o
            where s.user_id = o.id and s.made_at < $11::timestamptz - interval '7 days' and $16::uuid is not null
        ), form as (
            insert into submissions (user_id, key, request_hash, change_id, made_at)
            select o.id, $16, $17, $9, $11 from owner o where $16::uuid is not null
        )
        select true as "saved!" from (select put_job($18, $19, $20, $21, null) from owner) follows
        "#,
        owner.0,
        version,
        &entries.deleted,
        &accounts.deleted,
        Json(&accounts.new) as _,
        Json(&accounts.edited) as _,
        Json(&entries.new) as _,
        Json(&entries.edited) as _,
        change.id.0,
        undoes.map(|undone| undone.0),
        change.made_at,
        change.action,
        Json(&change.accounts.0) as _,
        Json(&change.entries.0) as _,
        &entries.all,
        form.map(|(key, _)| key),
        form.map(|(_, hash)| hash),
        follows.name,
        follows.payload,
        follows.tries,
        follows.key.as_deref(),
    )
    .fetch_optional(db)
    .await?;
    Ok(saved.is_some())
}

/// Rows of a change by what becomes of them.
struct Sorted<'a, T> {
    new: Vec<&'a T>,
    edited: Vec<&'a T>,
    deleted: Vec<Uuid>,
    /// The keys of all.
    all: Vec<Uuid>,
}

impl<'a, T> Sorted<'a, T> {
    fn of(rows: &'a [Row<T>], key: impl Fn(&T) -> Uuid) -> Self {
        let mut sorted = Self {
            new: Vec::new(),
            edited: Vec::new(),
            deleted: Vec::new(),
            all: Vec::new(),
        };
        for row in rows {
            match (&row.before, &row.after) {
                (None, Some(new)) => sorted.new.push(new),
                (Some(_), Some(edited)) => sorted.edited.push(edited),
                (Some(deleted), None) => sorted.deleted.push(key(deleted)),
                (None, None) => {}
            }
            sorted
                .all
                .extend(row.after.as_ref().or(row.before.as_ref()).map(&key));
        }
        sorted
    }
}

/// One change.
pub async fn one(db: impl PgExecutor<'_>, owner: UserId, id: ChangeId) -> sqlx::Result<Change> {
    sqlx::query_as!(
        Change,
        r#"
        select id as "id: ChangeId", made_at, action, accounts as "accounts: Json<Vec<Row<Account>>>",
               entries as "entries: Json<Vec<Row<Entry>>>", undone_by as "undone_by: ChangeId"
        from changes
        where user_id = $1 and id = $2
        "#,
        owner.0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// Changes, the newest first: all of the user's, or those of one entry.
pub async fn list(
    db: impl PgExecutor<'_>,
    owner: UserId,
    entry: Option<EntryId>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"
        select id as "id: ChangeId", made_at, action, accounts as "accounts: Json<Vec<Row<Account>>>",
               entries as "entries: Json<Vec<Row<Entry>>>", undone_by as "undone_by: ChangeId"
        from changes
        where user_id = $1 and ($2::uuid is null or entry_ids @> array[$2])
        order by made_at desc, id
        limit $3 offset $4
        "#,
        owner.0,
        entry.map(|id| id.0),
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// How many changes the user has made.
pub async fn count(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from changes where user_id = $1"#,
        owner.0
    )
    .fetch_one(db)
    .await
}

/// What a write is about, so far as its form says it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Accounts that are to be written to.
    pub accounts: Vec<Uuid>,
    /// An entry that is to be changed, or explained.
    pub entry: Option<EntryId>,
    /// An account all of whose entries are to be changed.
    pub all_of: Option<AccountId>,
    /// A change to undo.
    pub change: Option<ChangeId>,
    /// When a new entry happened, or one that is changed happens from now on.
    pub at: Option<DateTime<Utc>>,
    /// All of the accounts' entries count, not only those around what is changed.
    pub whole: bool,
}

impl About {
    /// How many positions it can need: two for each account that it names, and for one that is only being made.
    fn positions(&self) -> i32 {
        i32::try_from(2 * self.accounts.len().max(1)).unwrap_or(i32::MAX)
    }
}

/// What a write stands on: all that it needs to know of the ledger.
pub struct Ground {
    /// Grows with every change of the ledger: as long as it is the same, so is all of this.
    pub version: i64,
    /// What the form's key was used for before.
    pub request_hash: Option<Vec<u8>>,
    pub saved: Option<ChangeId>,
    pub accounts: Vec<Account>,
    /// How many entries there are.
    pub count: i32,
    /// Where new entries come: after all others of their moment. As many as any write needs.
    pub positions: vec::IntoIter<i64>,
    /// The entries that the write is about, with the other halves of transfers, in order.
    pub entries: Vec<Entry>,
    /// What is left of the entries with which the accounts were added that are to be written to, in order.
    pub starts: Vec<Entry>,
    /// The change to undo.
    pub change: Option<Change>,
    /// The accounts whose lines are here: those of [`About`], and those of its entries and its change.
    pub read: Vec<AccountId>,
    /// Their lines, with their positions: from the last balance that was observed before anything changes, up to the first
    /// that is observed after all that changes. What comes before and after these is not touched.
    pub lines: Vec<(Line, i64)>,
}

/// That of a write, in one round trip.
pub async fn ground(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Option<Uuid>,
    about: &About,
) -> sqlx::Result<Ground> {
    let rows = sqlx::query!(
        r#"
        with chosen as (
            select e.* from entries e where e.user_id = $1 and e.id = $3
            union
            select e.* from entries e where e.user_id = $1 and e.account_id = $4
            union
            select half.*
            from entries e join entries half on half.user_id = $1 and half.transfer_id = e.transfer_id
            where e.user_id = $1 and e.id = $3
            union
            select half.*
            from entries e join entries half on half.user_id = $1 and half.transfer_id = e.transfer_id
            where e.user_id = $1 and e.account_id = $4
            union
            select e.*
            from changes c join entries e on e.user_id = $1 and e.id = any(c.entry_ids)
            where c.user_id = $1 and c.id = $5
        ), started as (
            select e.*
            from changes c join entries e on e.user_id = $1 and e.id = any(c.entry_ids)
            where c.user_id = $1 and c.action = 'add account' and e.account_id = any($6)
        ), written as (
            select account_id from chosen where account_id is not null
            union select unnest($6::uuid[])
            union select $4 where $4::uuid is not null
            union
            select (jsonb_path_query(c.entries, '$[*].*.account') #>> '{}')::uuid
            from changes c where c.user_id = $1 and c.id = $5
            union
            select (jsonb_path_query(c.accounts, '$[*].*.id') #>> '{}')::uuid
            from changes c where c.user_id = $1 and c.id = $5
        ), moments as (
            select occurred_at as at from chosen
            union all select $7
            union all select occurred_at from started where occurred_at > $7
            union all
            select (jsonb_path_query(c.entries, '$[*].*.occurred_at') #>> '{}')::timestamptz
            from changes c where c.user_id = $1 and c.id = $5
            union all
            select unnest(array[timestamptz '-infinity', 'infinity'])
            where $8 or exists (
                select from changes c where c.user_id = $1 and c.id = $5 and jsonb_array_length(c.accounts) > 0)
        ), touched as (
            select min(at) as first, max(at) as last from moments
        ), stretches as (
            select w.account_id, seen.occurred_at as from_at, seen.position as from_position, seen.id as from_id,
                   again.occurred_at as to_at
            from written w
            cross join touched t
            left join lateral (
                select occurred_at, position, id from entries
                where account_id = w.account_id and kind = 'balance' and occurred_at < t.first
                order by occurred_at desc, position desc limit 1) seen on true
            left join lateral (
                select occurred_at from entries
                where account_id = w.account_id and kind = 'balance' and occurred_at > t.last
                order by occurred_at, position limit 1) again on true
            where w.account_id is not null
        )
        select u.ledger_version as "ledger_version?", s.request_hash as "request_hash?", s.change_id as "saved?: ChangeId",
               coalesce(
                   (select jsonb_agg(
                       jsonb_build_object(
                           'id', id, 'kind', kind, 'name', name, 'currency', currency, 'position', position,
                           'archived_at', archived_at, 'version', version)
                       order by position, created_at, id)
                    from accounts where user_id = $1),
                   '[]') as "accounts?: Json<Vec<Account>>",
               u.entry_count as "count?",
               array(select nextval('entries_position_seq') from generate_series(1, $9::int)) as "positions?",
               coalesce(
                   (select jsonb_agg(
                       jsonb_build_object(
                           'id', id, 'account', account_id, 'kind', kind, 'amount', amount::text, 'fee', fee::text,
                           'currency', currency, 'occurred_at', occurred_at, 'position', position,
                           'transfer', transfer_id, 'note', note, 'tags', tags, 'version', version)
                       order by occurred_at, position, id)
                    from chosen),
                   '[]') as "entries?: Json<Vec<Entry>>",
               coalesce(
                   (select jsonb_agg(
                       jsonb_build_object(
                           'id', id, 'account', account_id, 'kind', kind, 'amount', amount::text, 'fee', fee::text,
                           'currency', currency, 'occurred_at', occurred_at, 'position', position,
                           'transfer', transfer_id, 'note', note, 'tags', tags, 'version', version)
                       order by occurred_at, position, id)
                    from started),
                   '[]') as "starts?: Json<Vec<Entry>>",
               (select jsonb_build_object(
                    'id', id, 'made_at', made_at, 'action', action, 'accounts', accounts, 'entries', entries,
                    'undone_by', undone_by)
                from changes where user_id = $1 and id = $5) as "change?: Json<Change>",
               array(select account_id from written where account_id is not null) as "read?: Vec<AccountId>",
               null::uuid as "id?: EntryId", null::uuid as "account?: AccountId", null::text as "kind?: EntryKind",
               null::numeric as "amount?", null::text as "currency?: Currency", null::timestamptz as "occurred_at?",
               null::bigint as "position?"
        from users u
        left join submissions s on s.user_id = u.id and s.key = $2
        where u.id = $1
        union all
        select null, null, null, null, null, null, null, null, null, null,
               line.id, line.account_id, line.kind, line.amount, line.currency, line.occurred_at, line.position
        from stretches s
        cross join lateral (
            select id, account_id, kind, amount, currency, occurred_at, position
            from entries
            where user_id = $1 and account_id = s.account_id
              and (occurred_at, position, id)
                  >= (coalesce(s.from_at, '-infinity'), coalesce(s.from_position, 0),
                      coalesce(s.from_id, '00000000-0000-0000-0000-000000000000'))
              and occurred_at <= coalesce(s.to_at, 'infinity')
            -- The limit tells the planner that each account's are few beside all there are.
            order by occurred_at, position
            limit 1000000) line
        "#,
        owner.0,
        key,
        about.entry.map(|id| id.0),
        about.all_of.map(|id| id.0),
        about.change.map(|id| id.0),
        &about.accounts,
        about.at,
        about.whole,
        about.positions(),
    )
    .fetch_all(db)
    .await?;
    let (mut ground, mut lines) = (None, Vec::new());
    for row in rows {
        lines.extend(line_of(
            row.id,
            row.account,
            row.kind,
            row.amount,
            row.currency,
            row.occurred_at,
            row.position,
        ));
        let Some(version) = row.ledger_version else {
            continue;
        };
        ground = Some(Ground {
            version,
            request_hash: row.request_hash,
            saved: row.saved,
            accounts: row.accounts.unwrap_or_default().0,
            count: row.count.unwrap_or_default(),
            positions: row.positions.unwrap_or_default().into_iter(),
            entries: row.entries.unwrap_or_default().0,
            starts: row.starts.unwrap_or_default().0,
            change: row.change.map(|change| change.0),
            read: row.read.unwrap_or_default(),
            lines: Vec::new(),
        });
    }
    let ground = ground.ok_or(sqlx::Error::RowNotFound)?;
    Ok(Ground { lines, ..ground })
}

/// What a form's key was used for. `None` if it was not used.
pub async fn submitted(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Uuid,
) -> sqlx::Result<Option<ChangeId>> {
    let change = sqlx::query_scalar!(
        r#"select change_id as "change: ChangeId" from submissions where user_id = $1 and key = $2"#,
        owner.0,
        key,
    );
    Ok(change.fetch_optional(db).await?.flatten())
}
