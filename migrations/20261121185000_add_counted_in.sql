-- What the figures at the top of the dashboard are counted in.
alter table users
    add column counted_in text not null default 'money' check (counted_in in ('money', 'buy-ins', 'percent'));
