-- What can be played, in US dollars. Administrators keep it up to date.
create table cash_levels (
    id bigint generated always as identity primary key,
    small_blind numeric(12, 2) not null check (small_blind > 0),
    big_blind numeric(12, 2) not null,
    -- The smallest and the largest buy-in.
    least_buy_in numeric(12, 2) not null check (least_buy_in > 0),
    most_buy_in numeric(12, 2) not null,
    version integer not null default 1,
    constraint cash_levels_big_blind_key unique (big_blind),
    constraint cash_levels_most_buy_in_key unique (most_buy_in),
    check (big_blind >= small_blind and most_buy_in >= least_buy_in)
);

create table tournament_buy_ins (
    id bigint generated always as identity primary key,
    room text not null check (room in ('pokerstars', 'gg', 'partypoker')),
    buy_in numeric(12, 2) not null check (buy_in > 0),
    -- What is played for it.
    examples text not null check (char_length(examples) <= 200),
    version integer not null default 1,
    constraint tournament_buy_ins_room_buy_in_key unique (room, buy_in)
);

-- Both are kept in memory under the version of the rates, as everything that all users share.
create trigger cash_levels_changed
    after insert or update or delete or truncate on cash_levels
    for each statement execute function bump_rates_version();
create trigger tournament_buy_ins_changed
    after insert or update or delete or truncate on tournament_buy_ins
    for each statement execute function bump_rates_version();

-- What a user last chose on the pages of stakes: the values of the addresses.
create table stakes_choices (
    user_id bigint primary key references users on delete cascade,
    game_type text not null,
    skill_level text not null,
    risk_tolerance text not null,
    game_environment text not null,
    site_filter text not null
);

create trigger stakes_choices_inserted after insert on stakes_choices referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger stakes_choices_updated after update on stakes_choices referencing new table as touched
    for each statement execute function bump_ledger_version();

-- A buy-in is 40 to 100 big blinds.
insert into cash_levels (small_blind, big_blind, least_buy_in, most_buy_in)
select small, big, 40 * big, 100 * big
from (values
    (0.01, 0.02),
    (0.02, 0.05),
    (0.05, 0.10),
    (0.10, 0.25),
    (0.25, 0.50),
    (0.50, 1.00),
    (1.00, 2.00),
    (2.00, 5.00),
    (5.00, 10.00),
    (10.00, 20.00),
    (25.00, 50.00),
    (50.00, 100.00),
    (100.00, 200.00),
    (200.00, 400.00)
) as levels (small, big);

-- As of August 2025.
insert into tournament_buy_ins (room, buy_in, examples) values
    ('pokerstars', 0.01, 'Micro satellites'),
    ('pokerstars', 1.10, 'MicroMillions, daily micros'),
    ('pokerstars', 2.20, 'SCOOP low, daily tournaments'),
    ('pokerstars', 3.30, 'Saturday Micro, Jet Set low'),
    ('pokerstars', 5.00, 'Winter Series lowest, turbos'),
    ('pokerstars', 5.50, 'WCOOP direct, Spin & Go'),
    ('pokerstars', 10.00, 'Winter Series, daily Bigs ($10,000 guaranteed)'),
    ('pokerstars', 11.00, 'Nightly Stars, Sunday Special satellites'),
    ('pokerstars', 20.00, 'Winter Series, rebuys'),
    ('pokerstars', 22.00, 'Stars Season mid, Sunday satellites'),
    ('pokerstars', 27.00, 'Daily tournaments (25 + 2)'),
    ('pokerstars', 50.00, 'SCOOP low freezeouts'),
    ('pokerstars', 55.00, 'Power Path Express, high-roller satellites'),
    ('pokerstars', 109.00, 'Sunday Warm-Up, SCOOP Main, Sunday Million satellites'),
    ('pokerstars', 110.00, 'Stars Season high'),
    ('pokerstars', 162.00, 'Nightly ($100,000 guaranteed)'),
    ('pokerstars', 215.00, 'Sunday Million ($1,000,000 guaranteed), EPT satellites'),
    ('pokerstars', 320.00, 'High-roller dailies'),
    ('pokerstars', 530.00, 'EPT satellites, WCOOP mid to high'),
    ('pokerstars', 1050.00, 'SCOOP and WCOOP high, Sunday High Roller'),
    ('pokerstars', 1100.00, 'PokerStars Open, NAPT Open'),
    ('pokerstars', 2100.00, 'Super Tuesday'),
    ('pokerstars', 5200.00, 'EPT High Roller'),
    ('pokerstars', 5300.00, 'NAPT Las Vegas Main ($3,000,000 guaranteed)'),
    ('pokerstars', 10000.00, 'BSOP super high roller, EPT qualifiers'),
    ('pokerstars', 10300.00, 'Super High Roller (up to $1,000,000 guaranteed), WSOP and PCA satellites'),
    ('pokerstars', 20000.00, 'BSOP Millions super high roller'),
    ('pokerstars', 30000.00, 'BSOP multi-day super high roller'),
    ('pokerstars', 50000.00, 'BSOP top super high roller'),
    ('gg', 0.25, 'Rake-free micros, all-in or fold'),
    ('gg', 1.00, 'Daily bounty hunters, Spin & Gold, Omaholic'),
    ('gg', 2.50, 'Bounty low'),
    ('gg', 5.00, 'Mini Global Millions ($300,000)'),
    ('gg', 10.50, 'Mystery bounty mini'),
    ('gg', 11.00, 'Sunday Hundred Grand ($101,000)'),
    ('gg', 15.00, 'Bounty dailies'),
    ('gg', 25.00, 'Daily Special, festival low'),
    ('gg', 31.50, 'Bounty mid'),
    ('gg', 50.00, 'GGMasters satellites, Weekender ($250,000)'),
    ('gg', 54.00, 'Omaha Weekender ($100,000)'),
    ('gg', 100.00, 'Global Millions ($1,000,000 weekly), Flip & Go'),
    ('gg', 108.00, 'Mystery kick-off'),
    ('gg', 150.00, 'GGMasters ($300,000)'),
    ('gg', 215.00, 'Mystery Millions ($1,000,000 top bounty)'),
    ('gg', 300.00, 'Gladiators ($3,000,000), Circuit Ladies'),
    ('gg', 320.00, 'Bounty no-limit hold’em'),
    ('gg', 400.00, 'Colossus ($4,000,000), Plossus ($1,000,000)'),
    ('gg', 500.00, 'WSOP kick-off bounty, Ladies, Mini Main ($4,000,000)'),
    ('gg', 525.00, 'Superstack turbo, high-roller knock-outs'),
    ('gg', 777.00, 'Lucky Sevens'),
    ('gg', 800.00, 'Ultra Deepstack'),
    ('gg', 840.00, 'Bounty Omaha'),
    ('gg', 1000.00, 'Double Chance, five-card Omaha, daily high rollers'),
    ('gg', 1050.00, 'Mystery Omaha, Tuesday Classic high roller'),
    ('gg', 1500.00, 'Monster Stack, Millionaire Maker, World Festival Main ($8,000,000)'),
    ('gg', 2100.00, 'Bounty championships'),
    ('gg', 2500.00, 'Turbo championship, Super Million satellites'),
    ('gg', 5000.00, 'WSOP Online Main ($25,000,000), 6-max, short deck, Omaha high roller'),
    ('gg', 10000.00, 'Omaha and heads-up championships, festival super high roller'),
    ('gg', 10300.00, 'GGMillion$ ($10,000,000), Super Million$'),
    ('gg', 25000.00, 'GGMillion$ super high roller championship, PSPC qualifiers'),
    ('partypoker', 0.01, 'Micro satellites'),
    ('partypoker', 0.55, 'Monster entry, McLaren turbo low'),
    ('partypoker', 1.10, 'Big Bounty Hunter low'),
    ('partypoker', 2.20, 'Daily Legends lowest'),
    ('partypoker', 2.50, 'Fast Five, SPINS'),
    ('partypoker', 5.00, 'Fast Five, turbos'),
    ('partypoker', 10.00, 'Fast Five, SPINS'),
    ('partypoker', 11.00, 'Big Quarter ($150,000), missions'),
    ('partypoker', 20.00, 'SPINS top, rebuys'),
    ('partypoker', 50.00, 'Daily Legends mid'),
    ('partypoker', 100.00, 'Fast Five high, Turbo Series'),
    ('partypoker', 109.00, 'Sunday Party ($125,000 and more)'),
    ('partypoker', 110.00, 'Daily Legends high'),
    ('partypoker', 215.00, 'Monster high, Bounty Hunter top'),
    ('partypoker', 300.00, 'WPT Rising Star, Ladies'),
    ('partypoker', 1100.00, 'Tour packages, WPT Online low'),
    ('partypoker', 5300.00, 'Live-linked high rollers and Main'),
    ('partypoker', 10000.00, 'Powerfest and WPT high rollers'),
    ('partypoker', 100000.00, 'Ultra high roller (rare)');
