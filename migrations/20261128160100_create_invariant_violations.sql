-- What may never be, whatever the program does: a row for each thing that is. `stakeeasy doctor` and the tests read it.
create view invariant_violations as
with halves as (
    select transfer_id, min(user_id) as user_id, count(*) as rows, count(distinct user_id) as users,
           count(distinct account_id) as accounts, count(distinct occurred_at) as instants,
           count(*) filter (where amount > 0) as ins, count(*) filter (where amount < 0) as outs
    from entries
    where transfer_id is not null
    group by transfer_id
), observed as (
    -- A balance is an observation: what was counted before it counts no more.
    select e.id, e.user_id, e.account_id, e.kind, e.amount, e.occurred_at, e.position,
           count(*) filter (where e.kind = 'balance')
               over (partition by e.account_id order by e.occurred_at, e.position, e.id) as since
    from entries e
    where e.account_id is not null
), held as (
    select id, user_id, account_id,
           sum(amount) over (partition by account_id, since order by occurred_at, position, id) as balance
    from observed
)
select 'a transfer has two halves' as rule, user_id, transfer_id as id from halves where rows <> 2
union all
select 'one half of a transfer goes out and the other comes in', user_id, transfer_id from halves
where rows = 2 and (ins <> 1 or outs <> 1)
union all
select 'a transfer goes from one account to another', user_id, transfer_id from halves where rows = 2 and accounts <> 2
union all
select 'both halves of a transfer are of one instant', user_id, transfer_id from halves where rows = 2 and instants <> 1
union all
select 'both halves of a transfer are of one user', user_id, transfer_id from halves where users <> 1
union all
select 'an account is below zero only where it may owe', h.user_id, h.id
from held h join accounts a on a.id = h.account_id
where h.balance < 0 and a.kind not in ('bank', 'other')
union all
select 'a balance is below 100 billion', user_id, id from held where abs(balance) >= 1e11
union all
select 'an amount has the sign of its kind', user_id, id from entries
where case kind when 'deposit' then amount <= 0 when 'bonus' then amount <= 0 when 'withdrawal' then amount >= 0
                when 'expense' then amount >= 0 when 'transfer' then amount = 0 else false end
union all
select 'an amount has no more decimals than its currency', e.user_id, e.id
from entries e join currencies c on c.code = e.currency
where e.amount <> round(e.amount, c.minor_units) or e.fee <> round(e.fee, c.minor_units)
union all
select 'only a transfer is one of a pair', user_id, id from entries where (kind = 'transfer') <> (transfer_id is not null)
union all
select 'a fee is a part of what goes out', user_id, id from entries
where fee < 0 or fee > 0 and (kind <> 'transfer' or amount >= 0 or fee >= -amount)
union all
select 'an entry is on an account of its user and in its currency', e.user_id, e.id
from entries e left join accounts a on a.id = e.account_id
where e.account_id is not null and (a.id is null or a.user_id <> e.user_id or a.currency <> e.currency)
   or e.account_id is null and e.kind not in ('deposit', 'withdrawal')
union all
select 'a goal is about an account of its user', g.user_id, g.id
from goals g join accounts a on a.id = g.account_id
where a.user_id <> g.user_id
union all
select 'a change is undone by one of its user', c.user_id, c.id
from changes c join changes u on u.id = c.undone_by
where u.user_id <> c.user_id or u.id = c.id
union all
select 'a form is answered with a change of its user', s.user_id, s.change_id
from submissions s join changes c on c.id = s.change_id
where c.user_id <> s.user_id
union all
select 'a version counts from one', user_id, id from accounts where version < 1
union all
select 'a version counts from one', user_id, id from entries where version < 1;
