-- Before a way into an account is added or changed, its session shows once more who it is: not with the login itself, and
-- from a browser that is new to the user also by mail.
alter table sessions
    -- What was shown last was asked for after the login.
    add column asked_again boolean not null default false,
    -- The browser is known to be the user's: it has long been so, or showed a code from their mail.
    add column browser_trusted boolean not null default false;
