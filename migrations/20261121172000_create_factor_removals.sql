-- Second factors whose owners say that they have lost them. Each is removed a day after the last of three mails, which are
-- a day apart, unless somebody who has it, or reads the mails, calls that off: then the row is gone.
create table factor_removals (
    user_id bigint primary key references users on delete cascade,
    -- When the last mail told of it. However long the program was not there, the next step is a day later.
    told_at timestamptz not null,
    mails integer not null default 1
);
