-- A rate that an administrator set by hand has the source 'manual', and beside it what the central bank says: an import
-- renews that, leaves the correction alone, and taking the correction back puts it in place again.
alter table exchange_rates
    add column quoted_per_eur numeric(24, 12),
    add constraint exchange_rates_quoted_per_eur_range check (quoted_per_eur > 0 and quoted_per_eur < 1e12),
    add constraint exchange_rates_quoted_per_eur_beside_manual check (quoted_per_eur is null or source = 'manual');

-- Why an administrator closed the account. The log says it too, but forgets it one day.
alter table users
    add column disabled_reason text,
    add constraint users_disabled_reason_of_disabled check (disabled_reason is null or disabled_at is not null);

-- The list of users, the newest first.
create index users_created_at on users (created_at desc, id desc);

-- What the log is filtered by, beside its time and whom something was done to.
create index audit_log_actor_id on audit_log (actor_id, at desc, id desc);
create index audit_log_action on audit_log (action, at desc, id desc);
