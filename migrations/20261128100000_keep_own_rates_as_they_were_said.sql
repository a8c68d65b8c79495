-- A rate of one's own is kept as it was said: one unit of the currency costs so much of another. It joins the central
-- bank's rates by day, so every currency but the euro takes one; `until` is the last day on which it holds whatever the
-- bank quotes.
alter table own_rates
    add column price numeric,
    add column quoted_in text references currencies,
    add column until date;

-- They were kept as units for one euro, which is a price in euros to 18 digits.
update own_rates
set price = trim_scale(round(round(1, 40) / per_eur, 17 - floor(log(round(1, 40) / per_eur))::integer)),
    quoted_in = 'EUR';

alter table own_rates
    alter column price set not null,
    alter column quoted_in set not null,
    drop column per_eur,
    add constraint own_rates_price_range check (price > 0 and price < 1e12),
    add constraint own_rates_currency_priced_in_another check (currency <> quoted_in and currency <> 'EUR'),
    add constraint own_rates_until_not_before_day check (until >= day);
