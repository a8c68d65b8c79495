-- What a user is told once, on the next page that they open: a goal that was reached, a badge.
create table notices (
    id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    text text not null,
    detail text not null,
    -- Where there is more to see.
    path text not null,
    made_at timestamptz not null
);

create index notices_user_id_id on notices (user_id, id);
