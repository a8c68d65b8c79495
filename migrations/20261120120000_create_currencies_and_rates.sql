-- Currencies are a short list that the code also holds (money.rs); a test keeps the two equal.
create table currencies (
    code text primary key check (code ~ '^[A-Z0-9]{3,8}$'),
    minor_units smallint not null check (minor_units between 0 and 8)
);

insert into currencies (code, minor_units) values
    ('EUR', 2), ('USD', 2), ('GBP', 2), ('CAD', 2), ('AUD', 2), ('SEK', 2), ('NOK', 2), ('DKK', 2),
    ('CHF', 2), ('JPY', 0), ('CNY', 2), ('HKD', 2), ('INR', 2), ('BRL', 2), ('MXN', 2), ('PLN', 2),
    ('CZK', 2), ('HUF', 2), ('RON', 2), ('BGN', 2), ('HRK', 2), ('ISK', 0), ('TRY', 2), ('RUB', 2),
    ('ILS', 2), ('ZAR', 2), ('NZD', 2), ('SGD', 2), ('KRW', 0), ('THB', 2), ('MYR', 2), ('IDR', 2),
    ('PHP', 2), ('KWD', 3), ('CYP', 2), ('EEK', 2), ('LTL', 2), ('LVL', 2), ('MTL', 2), ('ROL', 0),
    ('SIT', 2), ('SKK', 2), ('TRL', 0), ('BTC', 8), ('ETH', 8), ('USDT', 6), ('USDC', 6);

-- Units of the currency for one euro, one row a day at the most. The euro itself has none: it is always 1.
create table exchange_rates (
    currency text not null references currencies,
    day date not null,
    per_eur numeric(24, 12) not null constraint exchange_rates_per_eur_range check (per_eur > 0 and per_eur < 1e12),
    source text not null,
    primary key (currency, day)
);

-- One row: a number that grows with every change of the rates, so that what is computed from them can be kept
-- and can never be stale.
create table rates_state (
    single boolean primary key default true check (single),
    version bigint not null default 0
);

insert into rates_state default values;

create function bump_rates_version() returns trigger language plpgsql as $$
begin
    update rates_state set version = version + 1;
    return null;
end
$$;

create trigger exchange_rates_changed
    after insert or update or delete or truncate on exchange_rates
    for each statement execute function bump_rates_version();
