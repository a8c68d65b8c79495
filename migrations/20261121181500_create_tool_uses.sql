-- Which tools a user has had something computed by, and when first.
create table tool_uses (
    user_id bigint not null references users on delete cascade,
    tool text not null,
    first_used_at timestamptz not null,
    primary key (user_id, tool)
);
